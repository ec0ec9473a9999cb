"""How pictures are laid out: nothing cut, no panel lacking, scales shared, legends that name what is drawn."""

from __future__ import annotations

from collections import Counter

import pytest

from figures.drawn import picture
from figures.synthetic import MODELS, TEXTS, synthetic
from figures.test_figures import ONE_EACH


@pytest.mark.parametrize("name", ONE_EACH)
def test_nothing_is_cut_and_no_panel_lacks(name: str) -> None:
    # One model without its twin: five panels, of which no row may be mostly empty.
    table = synthetic(models=[model for model in MODELS if model != "gemma-3-270m-untrained"], texts=TEXTS)
    with picture(name, table) as figure:
        for legend in figure.legends:
            box = legend.get_window_extent()
            assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
        for text in [text for axes in figure.axes for text in axes.texts]:
            assert text.get_window_extent().x1 <= figure.bbox.x1
        rows = Counter(round(axes.get_position().y0, 2) for axes in figure.axes)
        assert sum(rows.values()) >= len(rows) * max(rows.values()) - 1


@pytest.mark.parametrize("name", ["id_by_layer", "anisotropy_trained"])
def test_the_legend_names_what_is_drawn(name: str) -> None:
    # English alone is of its family here, and it is drawn in black.
    table = synthetic(models=["gemma-3-270m"], texts=["eng_Latn", "tur_Latn", "arb_Arab", "hin_Deva", "fin_Latn"])
    with picture(name, table) as figure:
        (legend,) = figure.legends
        names = [text.get_text() for text in legend.get_texts()]
        drawn = {line.get_color() for axes in figure.axes for line in axes.lines if len(line.get_xdata()) > 2}
        assert names == ["English", "Indo-European", "Afro-Asiatic", "Turkic", "Uralic"]
        assert {line.get_color() for line in legend.get_lines()} == drawn
