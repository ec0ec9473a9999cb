# Checks the config, and names what the rules share: CONFIG, FIGURES, and what each wildcard may be.

from langgeom.code import code_of, versions_of
from langgeom.config import check
from langgeom.explorer import ASSETS
from langgeom.figures.catalogue import FIGURES
from langgeom.names import TEXT_PATTERN
from langgeom.pages.libraries import D3
from langgeom.plan.estimate import check_disk
from langgeom.report import ASSETS as REPORT_ASSETS
from langgeom.report.versions import versions
from langgeom.needs import hidden_memory, hidden_minutes, metrics_memory, metrics_minutes, model_memory

try:
    check_files(workflow.overwrite_configfiles)
    CONFIG = check(config)
except UserError as error:
    sys.exit(f"\n{error}")


wildcard_constraints:
    text=TEXT_PATTERN,
    corpus="[^/]+",
    model="[^/]+",
    figure="|".join(FIGURES),


def check_disk_or_stop():
    """End a run before its first job where the disk cannot hold the results."""
    try:
        check_disk(CONFIG, Path())
    except UserError as error:
        sys.exit(f"\n{error}")
