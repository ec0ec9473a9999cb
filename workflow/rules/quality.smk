# Quality: how good each model is in each language, of every origin, in one table.
#
# Inputs: the table of metrics, published scores, results of lm-evaluation-harness. Outputs: results/quality.parquet and .csv.


rule quality:
    "Quality of each model in each language"
    input:
        metrics="results/metrics.parquet",
        runs=[f"results/harness/{model}.json" for model in CONFIG.harness()],
        scores=workflow.source_path("../data/scores.tsv"),
    output:
        parquet="results/quality.parquet",
        csv=report(
            "results/quality.csv",
            caption="../report/quality.rst",
            category="Tables",
            labels={"table": "quality by language"},
        ),
    log:
        "results/logs/quality.log",
    benchmark:
        "results/benchmarks/quality.tsv"
    localrule: True
    conda:
        "../../envs/metrics.yaml"
    params:
        reference=CONFIG["reference"],
        texts=sorted({text for corpus in CONFIG["corpora"] for text in CONFIG.texts(corpus)}),
        published={model: spec["published"] for model, spec in CONFIG["models"].items() if "published" in spec},
        tasks=CONFIG.harness(),
        code=code_of("langgeom.quality.rows", "langgeom.table"),
    script:
        "../scripts/quality.py"
