# The explorer: one self-contained page with the tables and the library that draws them.
# Its sentences are those of the corpora of languages, not of sentence pairs.
#
# Inputs: results/metrics.parquet, texts.parquet and quality.parquet, and for the sentences it shows the corpora and the listings of measured batches. Output: results/explorer.html.


rule explorer:
    "Making the explorer"
    input:
        metrics="results/metrics.parquet",
        texts="results/texts.parquet",
        quality="results/quality.parquet",
        library=f"results/downloads/npm/{ECHARTS.package}-{ECHARTS.version}.tgz",
        listings=CONFIG.listings(languages=True),
        lines=[f"results/corpora/{corpus}/{text}.txt" for corpus, text in CONFIG.language_texts()],
        languages=workflow.source_path("../data/languages.tsv"),
        assets=[workflow.source_path(f"../langgeom/{asset}") for asset in ASSETS],
    output:
        report(
            "results/explorer.html",
            caption="../report/explorer.rst",
            category="Pages",
            labels={"page": "explorer"},
        ),
    log:
        "results/logs/explorer.log",
    benchmark:
        "results/benchmarks/explorer.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * table_memory([input.metrics]),
    params:
        reference=CONFIG["reference"],
        id=CONFIG["figures"]["id"],
        final_norm=CONFIG["hidden"]["final_norm"],
        sentences=CONFIG["explorer"]["sentences"],
        code=code_of("langgeom.explorer"),
    script:
        "../scripts/explorer.py"
