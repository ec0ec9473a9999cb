"""Give the table of one text, which its batch has written, the time of now: Snakemake was asked for it by name."""

from pathlib import Path

from _job import job

with job(snakemake):
    Path(snakemake.output[0]).touch()
