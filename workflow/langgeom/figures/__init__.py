"""Figures, each drawn from tables alone.

A figure is a function `draw(about, *tables, settings) -> Drawing` in a module of this package, under a line
`@figure("its_name", title=..., caption=..., metrics=...)`: adding a file adds a figure. `catalogue` finds them, `drawing`
draws one by its name and writes its files, `lines.by_language` is all that most figures need. Shared modules: `style` (colours
and markers), `page` (panels on a page, scales), `lines` and `points` (what a panel shows), `labels`.
"""
