"""Make the site from finished studies."""

from pathlib import Path

from _job import job

with job(snakemake):
    from langgeom.site import OWN, write

    out, files, given = Path(snakemake.output[0]), snakemake.input, snakemake.params.studies
    # This study's own results lie beside the site, wherever a module puts both.
    folders = {name: str(out.parent) if folder == OWN else folder for name, folder in given.items()}
    write(out, folders, Path(files.library), Path(files.citation))
