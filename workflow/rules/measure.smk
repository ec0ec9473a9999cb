# Metrics: every layer of a model on every text, measured while the model is loaded; and the one tidy table.
#
# Inputs: a prepared model and the texts of a batch, the reference text among them. Output: a listing of the batch. The tables it
# lists, one a text, lie beside it and outlive a killed job, which then goes on from there. `hidden.keep` keeps hidden states too.
# From the sentence means of a few layers, all pairs of texts: results/pairs/{model}/{corpus}.parquet, and results/pairs.parquet, .csv;
# and what is the language in them: results/subspaces/ and results/subspaces.parquet, .csv. From those of the reference text, models
# against models: results/model_pairs/{corpus}.parquet, and results/model_pairs.parquet, .csv.


rule measure:
    "Measuring {wildcards.model} on {wildcards.corpus}, batch {wildcards.batch}"
    input:
        model="results/models/{model}",
        texts=lambda wildcards: CONFIG.batch_files(wildcards.corpus, wildcards.batch).values(),
        documents=lambda wildcards: CONFIG.documents(wildcards.corpus),
    output:
        "results/metrics/{model}/{corpus}/{batch}.json",
    log:
        "results/logs/measure/{model}/{corpus}.{batch}.log",
    benchmark:
        "results/benchmarks/measure/{model}/{corpus}.{batch}.tsv"
    conda:
        "../../envs/measure.yaml"
    threads:
        lambda wildcards, input: needs.measure_threads(
            input.model,
            input.texts,
            CONFIG.token_cap(wildcards.corpus),
            len(CONFIG.listings()),
            cores_here(),
        )
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt
        * needs.measure_memory(input.model, input.texts, CONFIG.token_cap(wildcards.corpus)),
        runtime=lambda wildcards, input, attempt: attempt
        * needs.measure_minutes(input.model, input.texts, CONFIG.token_cap(wildcards.corpus)),
        gpu_turn=GPU_TURN,
    params:
        texts=lambda wildcards: CONFIG.batch(wildcards.corpus, wildcards.batch),
        reference=lambda wildcards: CONFIG.reference(wildcards.corpus),
        whole=lambda wildcards: CONFIG.wholes(wildcards.corpus, wildcards.batch),
        settings=lambda wildcards: CONFIG.measure(wildcards.model, wildcards.corpus),
        code={
            "hidden": code_of("langgeom.hidden"),
            "metrics": code_of("langgeom.metrics", "langgeom.explorer.alignment", "langgeom.explorer.tokens"),
        },
        versions=versions_of("torch", "transformers", "tokenizers", "numpy", "scikit-dimension"),
    script:
        "../scripts/measure.py"


rule metrics:
    "Metrics of {wildcards.model} on {wildcards.text} of {wildcards.corpus}"
    input:
        lambda wildcards: f"results/metrics/{wildcards.model}/{wildcards.corpus}/"
        f"{CONFIG.batch_of(wildcards.corpus, wildcards.text)}.json",
    output:
        update("results/metrics/{model}/{corpus}/{text}.parquet"),
    log:
        "results/logs/metrics/{model}/{corpus}/{text}.log",
    localrule: True
    conda:
        "../../envs/metrics.yaml"
    script:
        "../scripts/metrics.py"


use rule join_texts as join_metrics with:
    "Joining all metrics into one table"
    input:
        CONFIG.listings(),
    output:
        parquet="results/metrics.parquet",
        csv=shown("results/metrics.csv", "metrics", "Tables", table="metrics by layer"),
    log:
        "results/logs/join_metrics.log",
    benchmark:
        "results/benchmarks/join_metrics.tsv"
    localrule: True
    params:
        table="metrics",


rule text_pairs:
    "Comparing all pairs of texts of {wildcards.corpus} in {wildcards.model}"
    input:
        model="results/models/{model}",
        listings=lambda wildcards: CONFIG.listings_of(wildcards.model, wildcards.corpus),
        texts=lambda wildcards: [
            f"results/corpora/{wildcards.corpus}/{text}.txt" for text in CONFIG.texts(wildcards.corpus)
        ],
        documents=lambda wildcards: CONFIG.documents(wildcards.corpus),
    output:
        pairs="results/pairs/{model}/{corpus}.parquet",
        subspaces="results/subspaces/{model}/{corpus}.parquet",
    log:
        "results/logs/text_pairs/{model}/{corpus}.log",
    benchmark:
        "results/benchmarks/text_pairs/{model}/{corpus}.tsv"
    conda:
        "../../envs/measure.yaml"
    threads: 8
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt * needs.pairs_memory(input.model, input.texts),
        runtime=lambda wildcards, input, attempt: attempt
        * needs.pairs_minutes(input.model, input.texts, len(CONFIG["pairs"]["layers"])),
        gpu_turn=GPU_TURN,
    params:
        reference=lambda wildcards: CONFIG.reference(wildcards.corpus),
        layers=CONFIG["pairs"]["layers"],
        bootstrap=CONFIG["bootstrap"],
        seed=CONFIG["seed"],
        code=code_of("langgeom.text_pairs"),
        versions=versions_of("torch", "numpy", "scipy"),
    script:
        "../scripts/text_pairs.py"


use rule join_texts as join_pairs with:
    "Joining all pairs of texts into one table"
    input:
        expand("results/pairs/{model}/{corpus}.parquet", model=CONFIG["models"], corpus=CONFIG.language_corpora()),
    output:
        parquet="results/pairs.parquet",
        csv=shown("results/pairs.csv", "pairs", "Tables", table="all pairs of texts"),
    log:
        "results/logs/join_pairs.log",
    benchmark:
        "results/benchmarks/join_pairs.tsv"
    localrule: True
    params:
        table="pairs",


use rule join_texts as join_subspaces with:
    "Joining the subspaces of language into one table"
    input:
        expand("results/subspaces/{model}/{corpus}.parquet", model=CONFIG["models"], corpus=CONFIG.language_corpora()),
    output:
        parquet="results/subspaces.parquet",
        csv=shown("results/subspaces.csv", "subspaces", "Tables", table="language subspaces"),
    log:
        "results/logs/join_subspaces.log",
    benchmark:
        "results/benchmarks/join_subspaces.tsv"
    localrule: True
    params:
        table="subspaces",


rule model_pairs:
    "Comparing all models on the reference text of {wildcards.corpus}"
    input:
        models=expand("results/models/{model}", model=CONFIG["models"]),
        listings=lambda wildcards: [
            path for model in CONFIG["models"] for path in CONFIG.listings_of(model, wildcards.corpus)
        ],
        reference=lambda wildcards: f"results/corpora/{wildcards.corpus}/{CONFIG.reference(wildcards.corpus)}.txt",
        documents=lambda wildcards: CONFIG.documents(wildcards.corpus),
    output:
        "results/model_pairs/{corpus}.parquet",
    log:
        "results/logs/model_pairs/{corpus}.log",
    benchmark:
        "results/benchmarks/model_pairs/{corpus}.tsv"
    conda:
        "../../envs/measure.yaml"
    threads: 8
    resources:
        mem_mb=lambda wildcards, input, attempt: attempt
        * needs.model_pairs_memory(input.models, input.reference, len(CONFIG["pairs"]["layers"])),
        runtime=lambda wildcards, input, attempt: attempt
        * needs.model_pairs_minutes(input.models, input.reference, len(CONFIG["pairs"]["layers"])),
        gpu_turn=GPU_TURN,
    params:
        reference=lambda wildcards: CONFIG.reference(wildcards.corpus),
        layers=CONFIG["pairs"]["layers"],
        bootstrap=CONFIG["bootstrap"],
        seed=CONFIG["seed"],
        code=code_of("langgeom.model_pairs"),
        versions=versions_of("torch", "numpy"),
    script:
        "../scripts/model_pairs.py"


use rule join_texts as join_model_pairs with:
    "Joining models against models into one table"
    input:
        expand("results/model_pairs/{corpus}.parquet", corpus=CONFIG.language_corpora()),
    output:
        parquet="results/model_pairs.parquet",
        csv=shown("results/model_pairs.csv", "model_pairs", "Tables", table="models against models"),
    log:
        "results/logs/join_model_pairs.log",
    benchmark:
        "results/benchmarks/join_model_pairs.tsv"
    localrule: True
    params:
        table="model_pairs",
