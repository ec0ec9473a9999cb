"""Hidden states of a model on the sentences of a text: `extract` takes them, `file` stores them, `header` names them.

Nothing is imported here: `langgeom.hidden.header` needs no torch, `langgeom.hidden.file` no transformers.
"""
