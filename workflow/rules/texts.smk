# Texts: measures of the text itself, whatever the model, and their table.
#
# Inputs: the texts of the corpora of languages. Outputs: results/texts/{corpus}/{text}.parquet, and results/texts.parquet and
# .csv with all of them.


rule text:
    "Measuring the words of {wildcards.text} of {wildcards.corpus}"
    input:
        "results/corpora/{corpus}/{text}.txt",
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
        csv=report(
            "results/texts.csv",
            caption="../report/texts.rst",
            category="Tables",
            labels={"table": "measures of texts"},
        ),
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
