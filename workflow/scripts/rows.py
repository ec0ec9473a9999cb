"""Read the rows of one text from a data set of the hub, or from a table of the user's."""

import os
from pathlib import Path

from _job import job

# huggingface_hub reads these when it is imported: data sets are neither taken from nor kept in the user's own cache.
os.environ["HF_HUB_CACHE"] = str(Path("results/cache/hub").absolute())
os.environ["HF_DATASETS_CACHE"] = str(Path("results/cache/datasets").absolute())

with job(snakemake, online="dataset" in snakemake.params.spec) as (_, made):
    from langgeom.rows import write_rows

    write_rows(snakemake.params.spec, snakemake.wildcards.text, made[0])
