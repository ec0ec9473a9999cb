"""The geometry of multilingual language models, layer by layer: plain functions on tensors and paths.

Nothing here knows Snakemake. docs/design.md says what each room does.
"""

__version__ = "0.1.0"
