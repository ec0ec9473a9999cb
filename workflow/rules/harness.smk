# Harness: accuracy of a model on multilingual tasks, by EleutherAI's lm-evaluation-harness in an environment of its own.
#
# Inputs: a prepared model, and the user's own tasks where the config names a folder. Outputs: results/harness/{model}.json, lm_eval's own.


rule harness:
    "Asking {wildcards.model} questions (lm-evaluation-harness)"
    input:
        model="results/models/{model}",
        tasks=harness_files,
    output:
        "results/harness/{model}.json",
    log:
        "results/logs/harness/{model}.log",
    benchmark:
        "results/benchmarks/harness/{model}.tsv"
    conda:
        "../../envs/harness.yaml"
    threads: 8
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * harness_memory(input.model),
        runtime=lambda wildcards, attempt: attempt * 60 * (1 + len(CONFIG.harness_settings()["tasks"])),
        gpu_turn=GPU_TURN,
    params:
        settings=CONFIG.harness_settings(),
        files=identity(CONFIG.harness_files()),
        seed=CONFIG["seed"],
        code=code_of("langgeom.quality.harness"),
    script:
        "../scripts/harness.py"
