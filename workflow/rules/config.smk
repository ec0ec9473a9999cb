# Reads config.yaml: the folder's own, else the one that comes with the workflow; nothing where --configfile names another.

import os
import sys
from pathlib import Path

HOME = Path(workflow.current_basedir).parent
sys.path.insert(0, str(HOME))
# One that was loaded before is another checkout's: of the environment that was activated, or of PYTHONPATH.
if (
    "langgeom" in sys.modules
    and (loaded := Path(sys.modules["langgeom"].__file__).parents[1]).resolve() != HOME.resolve()
):
    sys.exit(
        f"\nThis workflow is {HOME}, but Python has loaded the library of {loaded}. Run it with the environment of its own "
        "checkout (`make`), and without PYTHONPATH."
    )

from langgeom.config import check_files
from langgeom.errors import UserError

if not workflow.overwrite_configfiles:
    settings = "config.yaml" if os.path.exists("config.yaml") else workflow.source_path("../../config.yaml")
    try:
        # Snakemake's own words would not say what is wrong with it, and it runs the code that one may hold.
        check_files([] if workflow.modifier.skip_configfile else [settings])
    except UserError as error:
        sys.exit(f"\n{error}")

    configfile: settings
