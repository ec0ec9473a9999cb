# Findings: each of the study's conclusions put to the test.
#
# Inputs: the tables of metrics, texts and quality. Outputs: results/findings.parquet and .csv, and a page to read.


rule conclusions:
    "Testing the study's conclusions"
    input:
        metrics="results/metrics.parquet",
        texts="results/texts.parquet",
        quality="results/quality.parquet",
        languages=workflow.source_path("../data/languages.tsv"),
    output:
        parquet="results/findings.parquet",
        csv=report(
            "results/findings.csv",
            caption="../report/findings.rst",
            category="Findings",
            labels={"findings": "numbers"},
        ),
        page=report(
            "results/findings.md",
            caption="../report/findings.rst",
            category="Findings",
            labels={"findings": "to read"},
        ),
    log:
        "results/logs/conclusions.log",
    benchmark:
        "results/benchmarks/conclusions.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * table_memory([input.metrics, input.texts]),
    params:
        settings=Settings.of(CONFIG)._asdict(),
        code=code_of("langgeom.findings"),
        versions=versions_of("numpy", "scipy", "pandas"),
    script:
        "../scripts/findings.py"
