# Figures and findings, from tables alone: each figure with the numbers it shows, each conclusion put to the test.


rule figure:
    "Drawing {wildcards.figure}"
    input:
        tables=lambda wildcards: expand("results/{table}.parquet", table=FIGURES[wildcards.figure].tables),
        languages=LANGUAGES,
    output:
        svg=report(
            "results/figures/{figure}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels=lambda wildcards: {
                "figure": FIGURES[wildcards.figure].title,
                "in the study": FIGURES[wildcards.figure].alias.removeprefix("fig").lstrip("0"),
            },
        ),
        png="results/figures/{figure}.png",
        csv="results/figures/{figure}.csv",
    log:
        "results/logs/figure/{figure}.log",
    benchmark:
        "results/benchmarks/figure/{figure}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * needs.table_memory(input.tables),
    params:
        settings=Settings.of(CONFIG)._asdict(),
        caption=lambda wildcards: FIGURES[wildcards.figure].caption,
        code=lambda wildcards: code_of("langgeom.figures.drawing", FIGURES[wildcards.figure].module),
    script:
        "../scripts/figure.py"


rule conclusions:
    "Testing the conclusions"
    input:
        metrics="results/metrics.parquet",
        texts="results/texts.parquet",
        quality="results/quality.parquet",
        pairs="results/pairs.parquet",
        languages=LANGUAGES,
    output:
        parquet="results/findings.parquet",
        csv=shown("results/findings.csv", "findings", "Findings", findings="numbers"),
        page=shown("results/findings.md", "findings", "Findings", findings="to read"),
    log:
        "results/logs/conclusions.log",
    benchmark:
        "results/benchmarks/conclusions.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * needs.table_memory([input.metrics, input.texts, input.pairs]),
    params:
        settings=Settings.of(CONFIG)._asdict(),
        code=code_of("langgeom.findings"),
        versions=versions_of("numpy", "scipy", "pandas"),
    script:
        "../scripts/findings.py"
