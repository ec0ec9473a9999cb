# Corpora: parallel text, one file a text, line i parallel across files; and measures of the text itself, whatever the model.
#
# Inputs: a pinned package, the user's own folder or archive, rows of a data set of the hub, or another text. Outputs: results/corpora/{corpus}/
# {text}.txt and .json, and documents.txt where lines are known to belong together; of the corpora of languages
# results/texts/{corpus}/{text}.parquet, and results/texts.parquet and .csv.


rule corpus:
    "Aligning {wildcards.text} of {wildcards.corpus}"
    input:
        lambda wildcards: CONFIG.corpora[wildcards.corpus].needed(wildcards.text),
    output:
        text="results/corpora/{corpus}/{text}.txt",
        report="results/corpora/{corpus}/{text}.json",
    log:
        "results/logs/corpus/{corpus}/{text}.log",
    benchmark:
        "results/benchmarks/corpus/{corpus}/{text}.tsv"
    priority: 100  # a text that cannot be used is to stop the run before any model is at work
    localrule: True
    conda:
        "../../envs/fetch.yaml"
    params:
        spec=lambda wildcards: CONFIG.corpora[wildcards.corpus].settings(),
        files=lambda wildcards: CONFIG.corpora[wildcards.corpus].identity(wildcards.text),
        reference=lambda wildcards: CONFIG.reference(wildcards.corpus),
        seed=lambda wildcards: CONFIG["seed"] if is_shuffled(wildcards.text) else 0,
        code=code_of("langgeom.corpora"),
    script:
        "../scripts/corpus.py"


rule documents:
    "Reading which lines of {wildcards.corpus} are of one document"
    input:
        reference=lambda wildcards: f"results/corpora/{wildcards.corpus}/{CONFIG.reference(wildcards.corpus)}.txt",
        documents=lambda wildcards: CONFIG.corpora[wildcards.corpus].document_inputs(),
    output:
        "results/corpora/{corpus}/documents.txt",
    log:
        "results/logs/documents/{corpus}.log",
    benchmark:
        "results/benchmarks/documents/{corpus}.tsv"
    priority: 100
    localrule: True
    conda:
        "../../envs/fetch.yaml"
    params:
        spec=lambda wildcards: CONFIG.corpora[wildcards.corpus].settings(),
        files=lambda wildcards: identity(CONFIG.corpora[wildcards.corpus].document_files()),
        code=code_of("langgeom.corpora"),
    script:
        "../scripts/documents.py"


rule text:
    "Measuring the words of {wildcards.text} of {wildcards.corpus}"
    input:
        "results/corpora/{corpus}/{text}.txt",
        documents=lambda wildcards: CONFIG.documents(wildcards.corpus),
    output:
        "results/texts/{corpus}/{text}.parquet",
    log:
        "results/logs/text/{corpus}/{text}.log",
    benchmark:
        "results/benchmarks/text/{corpus}/{text}.tsv"
    conda:
        "../../envs/texts.yaml"
    params:
        measures=CONFIG["texts"]["measures"],
        bootstrap=CONFIG["bootstrap"],
        seed=CONFIG["seed"],
        code=code_of("langgeom.texts"),
        versions=versions_of("morfessor", "numpy", "torch"),
    script:
        "../scripts/text.py"


rule join_texts:
    "Joining the measures of all texts into one table"
    input:
        [f"results/texts/{corpus}/{text}.parquet" for corpus, text in CONFIG.language_texts()],
    output:
        parquet="results/texts.parquet",
        csv=shown("results/texts.csv", "texts", "Tables", table="measures of texts"),
    log:
        "results/logs/join_texts.log",
    benchmark:
        "results/benchmarks/join_texts.tsv"
    localrule: True
    conda:
        "../../envs/metrics.yaml"
    params:
        table="texts",
        code=code_of("langgeom.table"),
    script:
        "../scripts/join_table.py"
