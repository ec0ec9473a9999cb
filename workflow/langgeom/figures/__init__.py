"""Figures, each drawn from tables alone.

A figure is a function `draw(figure, *tables, settings) -> Drawing` in a module of this package, under a line
`@figure("its_name", title=..., caption=..., metrics=...)`: adding a file adds a figure. `catalogue` finds them, `drawing`
draws one by its name and writes its files. Shared modules: `style` (colours, markers, pages of panels), `scales` (value
axes), `lines` (lines by layer), `labels` (names at the ends of lines), `scatter` (points with a fitted line).
"""
