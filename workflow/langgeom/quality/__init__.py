"""How good each model is in each language.

`rows` makes the quality table from all origins; `harness` runs lm-evaluation-harness. Accuracies are shares, 0 to 1. Scores of
two origins or harnesses do not compare, so each row names its own, and a plot shows one.
"""
