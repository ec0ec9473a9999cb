"""Measures of a text itself, whatever the model: how rich its morphology and its vocabulary are.

`measures/` holds one measure a file, `registry` finds them by name, `measure` applies them to a
text. In scripts without spaces between words there is no value: see `langgeom.words`.
"""
