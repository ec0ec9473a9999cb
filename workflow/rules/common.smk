# Reads and checks the config, and names what the rules share: CONFIG, FIGURES, and what each wildcard may be.

import gc
import os
import re
import sys
from pathlib import Path

# Modules, rules and jobs stay until the end, and make no rubbish: looking through them for some took a seventh of planning.
gc.freeze()
gc.set_threshold(50_000)

HOME = Path(workflow.current_basedir).resolve().parent
sys.path.insert(0, str(HOME))

import langgeom

# It may have been loaded before: by the environment of another checkout that was activated, or by PYTHONPATH.
if Path(langgeom.__file__).resolve().parents[1] != HOME:
    sys.exit(
        f"\nThis workflow is {HOME}, but Python has loaded langgeom from {langgeom.__file__}, another checkout. "
        "Run each checkout in its own environment (`make`), or leave the other one out of PYTHONPATH."
    )

from langgeom import needs
from langgeom.analysis import Settings
from langgeom.checksums import record
from langgeom.code import code_of, versions_of
from langgeom.config import check, check_files
from langgeom.device import shows_gpu
from langgeom.errors import UserError
from langgeom.explorer import ASSETS
from langgeom.figures.catalogue import FIGURES
from langgeom.names import TEXT_PATTERN, is_shuffled
from langgeom.pages.libraries import ECHARTS
from langgeom.plan import check_disk
from langgeom.report import ASSETS as REPORT_ASSETS, versions
from langgeom.site import ASSETS as SITE_ASSETS, OWN, RUN, studies
from langgeom.sources import identity


def or_stop(function, *arguments):
    """Call a function, and end Snakemake with its message alone if it fails."""
    try:
        return function(*arguments)
    except UserError as error:
        sys.exit(f"\n{error}")


def shown(path, caption, category, **labels):
    """Mark a result for `snakemake --report`."""
    return report(path, caption=f"../report/{caption}.rst", category=category, labels=labels)


# The folder's own config.yaml, else the one that comes with the workflow; nothing where --configfile names another. It is checked
# first: Snakemake's own words would not say what is wrong with it, and it runs the code that one may hold.
or_stop(check_files, workflow.overwrite_configfiles)
if not workflow.overwrite_configfiles:
    settings = "config.yaml" if os.path.exists("config.yaml") else workflow.source_path("../../config.yaml")
    or_stop(check_files, [] if workflow.modifier.skip_configfile else [settings])

    configfile: settings


CONFIG = or_stop(check, config)

# What is known of languages and scripts, wherever tables are drawn, tested or shown.
LANGUAGES = [workflow.source_path(f"../data/{name}.tsv") for name in ("languages", "scripts", "glottolog", "grambank")]

# Jobs that fill a GPU of this machine take turns on it, however many cores there are. Without a GPU they share the cores; on a
# cluster each has a GPU of its own. The limit is set here, since one in a profile is gone as soon as --resources is used.
GPU_TURN = 1 if shows_gpu() else 0
if "gpu_turn" not in workflow.global_resources:
    workflow.register_resource("gpu_turn", 1)


def cores_here():
    """Return how many cores the jobs share, None where each has a machine or a GPU to itself."""
    return None if GPU_TURN or workflow.remote_exec or not workflow.local_exec else workflow.resource_settings.cores


resource_scopes:
    gpu_turn="local",


wildcard_constraints:
    text=TEXT_PATTERN,
    corpus="|".join(map(re.escape, CONFIG["corpora"])),
    model="|".join(map(re.escape, CONFIG["models"])),
    batch=r"\d+",
    figure="|".join(FIGURES),
