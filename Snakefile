"""langgeom: the geometry of multilingual language models, layer by layer.

snakemake --cores N                    all figures of config.yaml
snakemake --cores N id_by_layer        one figure, by its name or by its number in the study (fig01)
snakemake --cores N explorer           the page to explore all numbers in
snakemake --cores N page               the report: what was run, what was found, all figures
snakemake --cores N site               a folder of all that, for any web host
snakemake --cores N --configfile X     the same for other models, languages and corpora
"""

from snakemake.utils import min_version

min_version("9.27")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"


# The first rule, and so the default; `default_target` would take over a workflow that uses this one as a module.
rule all:
    input:
        expand(
            "results/{table}.{format}",
            table=["metrics", "texts", "pairs", "subspaces", "model_pairs", "quality", "findings"],
            format=["parquet", "csv"],
        ),
        "results/findings.md",
        expand("results/figures/{figure}.{format}", figure=FIGURES, format=["svg", "png", "csv"]),
        "results/explorer.html",
        "results/report.html",


include: "workflow/rules/fetch.smk"
include: "workflow/rules/corpora.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/quality.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/pages.smk"


onstart:
    or_stop(check_disk, CONFIG, Path())


onsuccess:
    record(Path("results"))
    for line in CONFIG.noticed():
        print(f"To check: {line}", file=sys.stderr)


rule table:
    input:
        "results/metrics.parquet",
        "results/metrics.csv",


rule corpora:
    input:
        [f"results/corpora/{corpus}/{text}.txt" for corpus, text in CONFIG.corpus_texts()],
        [file for corpus in CONFIG["corpora"] for file in CONFIG.documents(corpus)],


rule models:
    input:
        expand("results/models/{model}", model=CONFIG["models"]),


for figure in FIGURES.values():
    for target in {figure.name, figure.alias} - {None, ""}:

        rule:
            name:
                target
            input:
                expand("results/figures/{figure}.{format}", figure=figure.name, format=["svg", "png", "csv"]),
