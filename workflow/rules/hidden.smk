# Hidden states: every layer of a model on every text.
#
# One job serves a batch of texts, so that a model is loaded once for many; outputs are still one file a text, linked into
# results/store, where a repeated job finds the texts that are done.

for corpus in CONFIG["corpora"]:
    for number, batch in enumerate(CONFIG.batches(corpus), start=1):

        rule:
            name:
                f"hidden_{corpus}_{number}"
            input:
                model="results/models/{model}",
                texts=expand("results/corpora/{corpus}/{text}.txt", corpus=corpus, text=batch),
            output:
                expand("results/hidden/{{model}}/{corpus}/{text}.safetensors", corpus=corpus, text=batch),
            log:
                f"results/logs/hidden/{{model}}/{corpus}_{number}.log",
            benchmark:
                f"results/benchmarks/hidden/{{model}}/{corpus}_{number}.tsv"
            conda:
                "../../envs/hidden.yaml"
            threads: 8
            resources:
                mem_mb=lambda wildcards, input, attempt: attempt * hidden_memory(input.model),
                runtime=lambda wildcards, input, attempt: attempt * hidden_minutes(input.model, input.texts),
                gpu_turn=GPU_TURN,
            params:
                corpus=corpus,
                store="results/store/hidden",
                settings=lambda wildcards, corpus=corpus: CONFIG.hidden(wildcards.model, corpus),
                code=code_of("langgeom.hidden"),
                versions=versions_of("torch", "transformers", "tokenizers"),
            message:
                f"Hidden states of {{wildcards.model}} on {corpus}, {len(batch)} texts from {batch[0]} to {batch[-1]}"
            script:
                "../scripts/hidden.py"
