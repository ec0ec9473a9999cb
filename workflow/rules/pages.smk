# The two self-contained pages: the explorer, of all numbers, and the report, for readers who did not run anything. And the site,
# a folder of one or more finished studies to publish.


rule explorer:
    "Making the explorer"
    input:
        metrics="results/metrics.parquet",
        texts="results/texts.parquet",
        quality="results/quality.parquet",
        pairs="results/pairs.parquet",
        library=f"results/downloads/npm/{ECHARTS.package}-{ECHARTS.version}.tgz",
        listings=CONFIG.listings(languages=True),
        lines=[f"results/corpora/{corpus}/{text}.txt" for corpus, text in CONFIG.language_texts()],
        languages=LANGUAGES,
        assets=[workflow.source_path(f"../langgeom/{asset}") for asset in ASSETS],
    output:
        shown("results/explorer.html", "explorer", "Pages", page="explorer"),
    log:
        "results/logs/explorer.log",
    benchmark:
        "results/benchmarks/explorer.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * needs.table_memory([input.metrics, input.pairs]),
    params:
        reference=CONFIG["reference"],
        id=CONFIG["figures"]["id"],
        final_norm=CONFIG["hidden"]["final_norm"],
        sentences=CONFIG["explorer"]["sentences"],
        code=code_of("langgeom.explorer"),
    script:
        "../scripts/explorer.py"


import os
import shlex
import sys

# For the head of the page. No parameters: the page is not made again for them.
os.environ.setdefault("LANGGEOM_COMMAND", shlex.join(["snakemake", *sys.argv[1:]]))
os.environ.setdefault("LANGGEOM_CONFIG", ", ".join(os.path.relpath(path) for path in workflow.configfiles))


rule page:
    "Making the report"
    input:
        metrics="results/metrics.parquet",
        quality="results/quality.parquet",
        findings="results/findings.parquet",
        models=expand("results/models/{model}", model=CONFIG["models"]),
        texts=[f"results/corpora/{corpus}/{text}.json" for corpus, text in CONFIG.corpus_texts()],
        figures=expand("results/figures/{figure}.svg", figure=FIGURES),
        # The files that it links to. When they are there, so are the benchmarks that it adds up.
        beside=[
            "results/explorer.html",
            "results/findings.md",
            *expand("results/{table}.csv", table=["texts", "pairs", "subspaces", "model_pairs"]),
            *expand("results/figures/{figure}.{format}", figure=FIGURES, format=["png", "csv"]),
        ],
        languages=LANGUAGES,
        assets=[workflow.source_path(f"../langgeom/{asset}") for asset in REPORT_ASSETS],
    output:
        page=shown("results/report.html", "page", "Pages", page="report"),
        run="results/run.json",
    log:
        "results/logs/page.log",
    benchmark:
        "results/benchmarks/page.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * needs.table_memory([input.metrics]),
    params:
        settings=CONFIG.settings,
        versions=versions(),
        code=code_of("langgeom.report"),
    script:
        "../scripts/report.py"


STUDIES = or_stop(studies, os.environ.get("LANGGEOM_STUDIES") or OWN)


rule site:
    "Making the site"
    input:
        own=rules.all.input if OWN in STUDIES.values() else [],
        runs=expand("{study}/{run}", study=STUDIES.values(), run=RUN),
        library=f"results/downloads/npm/{ECHARTS.package}-{ECHARTS.version}.tgz",
        citation=str(HOME.parent / "CITATION.cff"),
        assets=[workflow.source_path(f"../langgeom/{asset}") for asset in SITE_ASSETS],
    output:
        directory("results/site"),
    log:
        "results/logs/site.log",
    benchmark:
        "results/benchmarks/site.tsv"
    localrule: True
    conda:
        "../../envs/report.yaml"
    params:
        studies=STUDIES,
        code=code_of("langgeom.site"),
    script:
        "../scripts/publish.py"
