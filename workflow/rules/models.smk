# Models: what `from_pretrained` reads, converted, copied or randomly initialised once.
#
# Inputs: what was fetched, a local folder, or another model of the config. Outputs: results/models/{model}/.


rule model:
    "Preparing model {wildcards.model}"
    input:
        lambda wildcards: CONFIG.models[wildcards.model].inputs(),
    output:
        directory("results/models/{model}"),
    log:
        "results/logs/model/{model}.log",
    benchmark:
        "results/benchmarks/model/{model}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * needs.model_memory(input),
    params:
        spec=lambda wildcards: CONFIG.models[wildcards.model].spec,
        files=lambda wildcards: CONFIG.models[wildcards.model].identity(),
        code=code_of("langgeom.models"),
        versions=versions_of("torch", "transformers", "tokenizers", "gguf"),
    script:
        "../scripts/model.py"
