# Reads config.yaml: the folder's own, else the one that comes with the workflow; nothing where --configfile names another.

import os
import sys
from pathlib import Path

HOME = Path(workflow.current_basedir).resolve().parent
sys.path.insert(0, str(HOME))

import langgeom

# It may have been loaded before: by the environment of another checkout that was activated, or by PYTHONPATH.
if Path(langgeom.__file__).resolve().parents[1] != HOME:
    sys.exit(
        f"\nThis workflow is {HOME}, but Python has loaded langgeom from {langgeom.__file__}, another checkout. "
        "Run each checkout in its own environment (`make`), or leave the other one out of PYTHONPATH."
    )

from langgeom.code import check_python
from langgeom.config import check_files
from langgeom.errors import UserError

try:
    check_python()
except UserError as error:
    sys.exit(f"\n{error}")

if not workflow.overwrite_configfiles:
    settings = "config.yaml" if os.path.exists("config.yaml") else workflow.source_path("../../config.yaml")
    try:
        # Snakemake's own words would not say what is wrong with it, and it runs the code that one may hold.
        check_files([] if workflow.modifier.skip_configfile else [settings])
    except UserError as error:
        sys.exit(f"\n{error}")

    configfile: settings
