# Metrics: every layer measured, and the one tidy table.
#
# Inputs: the hidden states of a text, and of the reference text in the same model. Outputs: one Parquet file a text, linked
# into results/store, and results/metrics.parquet and .csv with all of them.

for corpus in CONFIG["corpora"]:
    for number, batch in enumerate(CONFIG.batches(corpus), start=1):

        rule:
            name:
                f"metrics_{corpus}_{number}"
            input:
                hidden=expand("results/hidden/{{model}}/{corpus}/{text}.safetensors", corpus=corpus, text=batch),
                reference=f"results/hidden/{{model}}/{corpus}/{CONFIG.reference(corpus)}.safetensors",
            output:
                expand("results/metrics/{{model}}/{corpus}/{text}.parquet", corpus=corpus, text=batch),
            log:
                f"results/logs/metrics/{{model}}/{corpus}_{number}.log",
            benchmark:
                f"results/benchmarks/metrics/{{model}}/{corpus}_{number}.tsv"
            conda:
                "../../envs/metrics.yaml"
            threads: 8
            resources:
                mem_mb=lambda wildcards, input, attempt: attempt * metrics_memory(input),
                runtime=lambda wildcards, input, attempt: attempt * metrics_minutes(input),
                gpu_turn=GPU_TURN,
            params:
                store="results/store/metrics",
                metrics=CONFIG.metrics(corpus),
                in_depth=CONFIG.in_depth(corpus),
                bootstrap=CONFIG["bootstrap"],
                seed=CONFIG["seed"],
                code=code_of("langgeom.metrics"),
                versions=versions_of("torch", "numpy"),
            message:
                f"Metrics of {{wildcards.model}} on {corpus}, {len(batch)} texts from {batch[0]} to {batch[-1]}"
            script:
                "../scripts/metrics.py"


rule join_metrics:
    "Joining all metrics into one table"
    input:
        [f"results/metrics/{model}/{corpus}/{text}.parquet" for model, corpus, text in CONFIG.pairs()],
    output:
        parquet="results/metrics.parquet",
        csv=report(
            "results/metrics.csv",
            caption="../report/metrics.rst",
            category="Tables",
            labels={"table": "metrics by layer"},
        ),
    log:
        "results/logs/join_metrics.log",
    benchmark:
        "results/benchmarks/join_metrics.tsv"
    localrule: True
    conda:
        "../../envs/metrics.yaml"
    params:
        table="metrics",
        code=code_of("langgeom.table"),
    script:
        "../scripts/join_table.py"
