"""How good a model is in each language: the rows of the quality table, one module an origin.

`measured` takes them from the metrics of the corpus (retrieval, bits per character), `published` from
`workflow/data/scores.tsv`, `harness` from what lm-evaluation-harness writes; `job` puts them together. Accuracies are shares,
0 to 1. Scores of two origins or harnesses are never comparable, so the table says whose each is, and a plot shows one.
"""
