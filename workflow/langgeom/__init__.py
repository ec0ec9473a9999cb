"""The geometry of multilingual language models, layer by layer: plain functions on arrays and paths.

Rooms: `corpora` (parallel text), `models` (weights on disk), `hidden` (hidden states of every layer), `metrics`
(measurements per layer), `figures` (pictures and the numbers drawn). Nothing here knows Snakemake.
"""

__version__ = "0.1.0"
