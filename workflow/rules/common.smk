# Checks the config, and names what the rules share: CONFIG, FIGURES, and what each wildcard may be.

from langgeom.analysis import Settings
from langgeom.checksums import record
from langgeom.code import code_of, versions_of
from langgeom.config import check
from langgeom.explorer import ASSETS
from langgeom.figures.catalogue import FIGURES
from langgeom.device import shows_gpu
from langgeom.names import TEXT_PATTERN
from langgeom.pages.libraries import ECHARTS
from langgeom.plan import check_disk, check_harness
from langgeom.report import ASSETS as REPORT_ASSETS, versions
from langgeom.sources import identity
from langgeom.needs import (
    harness_memory,
    measure_memory,
    measure_minutes,
    model_memory,
    table_memory,
)

try:
    check_files(workflow.overwrite_configfiles)
    CONFIG = check(config)
except UserError as error:
    sys.exit(f"\n{error}")


# Jobs that fill a GPU of this machine take turns on it, however many cores there are. Without a GPU they share the cores; on a
# cluster each has a GPU of its own. The limit is set here, since one in a profile is gone as soon as --resources is used.
GPU_TURN = 1 if shows_gpu() else 0
if "gpu_turn" not in workflow.global_resources:
    workflow.register_resource("gpu_turn", 1)


resource_scopes:
    gpu_turn="local",


wildcard_constraints:
    text=TEXT_PATTERN,
    corpus=CONFIG.pattern("corpora"),
    model=CONFIG.pattern("models"),
    batch=r"\d+",
    figure="|".join(FIGURES),


def or_stop(function, *arguments):
    """Call a function, and end Snakemake with its message alone if it fails."""
    try:
        return function(*arguments)
    except UserError as error:
        sys.exit(f"\n{error}")


def harness_files(wildcards):
    """Return the files of the user's own tasks, after checking that the model can be asked."""
    installs = "conda" in map(str, workflow.deployment_settings.deployment_method)
    or_stop(check_harness, CONFIG, wildcards.model, Path(), not installs)
    return CONFIG.harness_files()
