# Figures: each drawn from tables alone, with the numbers it shows.


rule figure:
    "Drawing {wildcards.figure}"
    input:
        tables=lambda wildcards: expand("results/{table}.parquet", table=FIGURES[wildcards.figure].tables),
        languages=workflow.source_path("../data/languages.tsv"),
    output:
        svg="results/figures/{figure}.svg",
        png="results/figures/{figure}.png",
        csv="results/figures/{figure}.csv",
    log:
        "results/logs/figure/{figure}.log",
    benchmark:
        "results/benchmarks/figure/{figure}.tsv"
    conda:
        "../../envs/figures.yaml"
    params:
        settings=CONFIG["figures"],
        final_norm=CONFIG["hidden"]["final_norm"],
        reference=CONFIG["reference"],
        code=lambda wildcards: code_of(
            "langgeom.figures.drawing", "langgeom.table", f"langgeom.figures.{wildcards.figure}"
        ),
    script:
        "../scripts/figure.py"
