"""Pairs of a grammatical and an ungrammatical sentence: how their texts are named, what reads them, and what makes them up.

`layout` names the texts of a corpus of pairs, `pairs` checks and orders pairs, `files` reads them, `generate` makes them up
from `lexicon` (the words), `phrases` and `sentence` (correct sentences) and `errors` (one module a family of errors).
"""
