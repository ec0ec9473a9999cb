# Quality: how good each model is in each language, of every origin, in one table; and EleutherAI's lm-evaluation-harness.
#
# Inputs: the table of metrics, published scores, prepared models, the user's own tasks. Outputs: results/harness/{model}.json,
# lm_eval's own; results/quality.parquet and .csv.


rule harness:
    "Asking {wildcards.model} questions (lm-evaluation-harness)"
    input:
        model="results/models/{model}",
        tasks=CONFIG.harness_files(),
    output:
        "results/harness/{model}.json",
    log:
        "results/logs/harness/{model}.log",
    benchmark:
        "results/benchmarks/harness/{model}.tsv"
    priority: 50  # what keeps it from asking, such as a harness that is not here, is said early
    conda:
        "../../envs/harness.yaml"
    threads: 8
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * needs.harness_memory(input.model),
        runtime=lambda wildcards, attempt: attempt * 60 * (1 + len(CONFIG.harness_settings()["tasks"])),
        gpu_turn=GPU_TURN,
    params:
        settings=CONFIG.harness_settings(),
        files=identity(CONFIG.harness_files()),
        seed=CONFIG["seed"],
        code=code_of("langgeom.quality.harness"),
    script:
        "../scripts/harness.py"


rule quality:
    "Quality of each model in each language"
    input:
        metrics="results/metrics.parquet",
        runs=[f"results/harness/{model}.json" for model in CONFIG.harness()],
        scores=workflow.source_path("../data/scores.tsv"),
    output:
        parquet="results/quality.parquet",
        csv=shown("results/quality.csv", "quality", "Tables", table="quality by language"),
    log:
        "results/logs/quality.log",
    benchmark:
        "results/benchmarks/quality.tsv"
    localrule: True
    conda:
        "../../envs/metrics.yaml"
    params:
        reference=CONFIG["reference"],
        texts=CONFIG.all_texts(),
        published={model: spec["published"] for model, spec in CONFIG["models"].items() if "published" in spec},
        tasks=CONFIG.harness(),
        code=code_of("langgeom.quality", "langgeom.table"),
    script:
        "../scripts/quality.py"
