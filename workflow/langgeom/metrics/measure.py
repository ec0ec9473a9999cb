"""All metrics asked for of one text: rows of the tidy table, without the columns that name the text."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from langgeom.errors import UserError, nearest
from langgeom.hidden.states import HiddenStates
from langgeom.metrics.catalogue import OVER
from langgeom.metrics.cloud import Cloud
from langgeom.metrics.estimate import Estimate, MetricError, MissingValueWarning
from langgeom.metrics.layer import Sentences
from langgeom.metrics.registry import METRICS, Metric
from langgeom.metrics.resample import FEWEST, Resample

Row = dict[str, Any]


class Prepared:
    """A text's hidden states as clouds, one for tokens and one for sentence means, with what was computed of each layer.

    A job that measures many texts prepares the reference once and hands it to every call: what is small (nearest
    neighbours, copies, means; some 50 bytes a token and layer) is then computed once for all texts.

    Args:
        hidden: the hidden states.
        device: where the layers are measured; each is moved there in its turn.
    """

    def __init__(self, hidden: HiddenStates, device: torch.device | str = "cpu") -> None:
        self.hidden = hidden
        self.device = torch.device(device)
        count = len(hidden.token_sentence)
        self.sampled = torch.arange(count) if hidden.token_sampled is None else hidden.token_sampled.nonzero().flatten()
        whole = len(self.sampled) == count
        vectors = hidden.token if whole else hidden.token[:, self.sampled.to(hidden.token.device)]
        self.token = Cloud(vectors, hidden.token_sentence[self.sampled], prefixes=self._prefixes(self.sampled), device=device)
        self.sentence = Cloud(hidden.sentence, device=device)

    def _prefixes(self, rows: Tensor) -> Tensor | None:
        return None if self.hidden.token_prefix is None else self.hidden.token_prefix[rows]

    def chosen(self, over: str, rows: Tensor, groups: Tensor) -> Callable[[int], Cloud]:
        """Return a function from a layer to the cloud of some tokens or sentences, in the order of `rows`.

        Where they are those of `token` or `sentence`, it is that cloud, whose neighbours and copies are known.
        """
        token = over == "token"
        cloud = self.token if token else self.sentence
        sentences = Sentences(groups, len(rows), self.device)
        if torch.equal(rows, self.sampled if token else torch.arange(cloud.n)) and torch.equal(sentences.groups, cloud.groups):
            return cloud.part
        points, prefixes = (self.hidden.token, self._prefixes(rows)) if token else (self.hidden.sentence, None)
        there = rows.to(points.device)
        return lambda layer: Cloud(
            points[layer].index_select(0, there)[None], sentences, prefixes=prefixes, device=self.device, first=layer
        )

    def forget(self) -> None:
        """Drop what is large."""
        self.token.forget()
        self.sentence.forget()


def measure_text(
    hidden: HiddenStates,
    reference: HiddenStates | Prepared | None,
    names: Mapping[str, Sequence[str]],
    resample: Resample | None,
    device: torch.device | str = "cpu",
    settings: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> list[Row]:
    """Return a text's rows `layer, metric, over, value, low, high, n, dropped, sentences, documents, half_a, half_b, p, null`.

    Layer by layer, so that nearest neighbours are found once for all metrics and one layer's working memory is held at
    a time.

    Args:
        hidden: the text's hidden states.
        reference: the reference text's, or a `Prepared` one that serves many calls; without it, aligned metrics are left
            out.
        names: metrics asked for, under `token`, `sentence`, `aligned`, `pairs` (measured as `aligned` are; a metric under
            both, once) and `text`.
        resample: the bootstrap; without it, `low` and `high` are missing. Its documents, if any, are of the corpus's lines.
        device: where the layers are measured; each is moved there in its turn.
        settings: of metrics of clouds by their names, in place of the defaults.

    Returns:
        Plain values; missing ones are None. `layer` is None for metrics of the text. Metrics that need what the text (or the
        reference) lacks, as those of a loss or a head, are left out. Aligned metrics count in `dropped` the text's sentences
        that the reference lacks, for tokens also those not whole in both.

    Raises:
        UserError: an unknown metric, or hidden states that a metric cannot take (NaN, Inf).
    """
    chosen = {over: [_metric(name, over) for name in listed] for over, listed in names.items()}
    paired = list(dict.fromkeys([*chosen.get("aligned", []), *chosen.get("pairs", [])]))
    other = reference if isinstance(reference, Prepared) or reference is None else Prepared(reference, device)
    text = other if other is not None and other.hidden is hidden else Prepared(hidden, device)
    # One search, for the metric that needs most.
    text.token.expect(max([metric.neighbours for metric in chosen.get("token", [])], default=0))
    text.sentence.expect(max([metric.neighbours for metric in chosen.get("sentence", [])], default=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingValueWarning)
        try:
            pairs = _Pairs(text, other, paired, resample) if other is not None and paired else None
            rows: dict[str, list[Row]] = {"token": [], "sentence": [], "aligned": [], "text": []}
            with_tokens = hidden.token_sentence[text.sampled].unique().long()
            drawn = {
                "token": _of_lines(resample, hidden.sentence_line[with_tokens]),
                "sentence": _of_lines(resample, hidden.sentence_line),
            }
            for layer in range(text.token.layers):
                for over, how in drawn.items():
                    rows[over] += _rows_of_cloud(
                        chosen.get(over, []), over, getattr(text, over), getattr(other, over, None), layer, how, settings
                    )
                rows["token"] += _rows_of_lens(chosen.get("token", []), hidden, layer, resample)
                rows["aligned"] += pairs.rows(layer) if pairs else []
            rows["aligned"] += pairs.over_layers() if pairs else []
            for metric in chosen.get("text", []):
                lines, counts = _counts(metric, hidden, other.hidden if other else None)
                if counts:
                    how, dropped = _of_lines(resample, lines), len(hidden.tokens) - len(lines)
                    estimate = metric.function(*counts, resample=how) if len(lines) else _NOTHING
                    rows["text"].append(_row(metric, "text", None, estimate, how, int(estimate.n), dropped))
        except MetricError as error:
            raise UserError(f"{error}.") from None
        finally:
            text.forget()
            if other is not None:
                other.forget()
    return [row for over in rows.values() for row in over]


def _metric(name: str, over: str) -> Metric:
    if over not in OVER:
        raise UserError(f"metrics are asked for over '{over}'; allowed: {', '.join(OVER)}.{nearest(over, OVER)}")
    allowed = [known for known, metric in METRICS.items() if metric.input in OVER[over]]
    if name not in allowed:
        raise UserError(f"'{name}' is no metric over '{over}'; allowed: {', '.join(allowed)}.{nearest(name, allowed)}")
    return METRICS[name]


def _of_lines(resample: Resample | None, lines: Tensor) -> Resample | None:
    return None if resample is None else resample.of(lines.tolist())


def _row(
    metric: Metric, over: str, layer: int | None, found: Estimate, resample: Resample | None, sentences: int, dropped: int = 0
) -> Row:
    """Return a row of the table from an estimate of one layer or of the text; `dropped` is added to its own."""

    def plain(numbers: Tensor | None) -> float | None:
        number = torch.nan if numbers is None else numbers.item()
        return None if number != number else number

    return {
        "layer": layer, "metric": metric.name, "over": over,
        "value": plain(found.value), "low": plain(found.low), "high": plain(found.high),
        "n": int(found.n), "dropped": int(found.dropped) + dropped, "sentences": sentences,
        "documents": (len(set(resample.documents)) or None) if resample else None,
        "half_a": plain(found.half_a), "half_b": plain(found.half_b), "p": plain(found.p), "null": plain(found.null),
    }  # fmt: skip


def _counts(metric: Metric, hidden: HiddenStates, reference: HiddenStates | None) -> tuple[Tensor, list[Tensor]]:
    """Return lines and the counts that a metric of the text takes of them; none where one is missing.

    Of aligned texts they are the common lines.
    """
    of = [(hidden, torch.arange(len(hidden.tokens)))]
    if metric.input == "aligned_text":
        if reference is None:
            return hidden.sentence_line, []
        of = list(zip((hidden, reference), _common(hidden.sentence_line, reference.sentence_line), strict=True))
    counts = [(getattr(one, field), chosen) for one, chosen in of for field in metric.fields]
    missing = any(count is None for count, _ in counts)
    return hidden.sentence_line[of[0][1]], [] if missing else [count[chosen] for count, chosen in counts]


def _rows_of_cloud(
    metrics: list[Metric], over: str, cloud: Cloud, reference: Cloud | None, layer: int, resample: Resample | None,
    settings: Mapping[str, Any],
) -> list[Row]:  # fmt: skip
    """Measure one layer; metrics between layers get it and the next, those beside the reference its cloud too."""
    rows = []
    for metric in metrics:
        clouds = [cloud, reference] if metric.input == "cloud_beside" else [cloud]
        layers = {"cloud": 1, "cloud_beside": 1, "adjacent_layers": 2}.get(metric.input)
        parts = [one.part(layer, layers) for one in clouds if one and layers and layer + layers <= cloud.layers]
        if len(parts) == len(clouds):
            estimate = metric.function(*parts, resample=resample, **settings.get(metric.name, {}))
            rows.append(_row(metric, over, layer, estimate, resample, cloud.group_count))
    return rows


def _rows_of_lens(metrics: list[Metric], hidden: HiddenStates, layer: int, resample: Resample | None) -> list[Row]:
    """Measure what the head reads off one layer; nothing where there is no head."""
    rows = []
    for metric in (metric for metric in metrics if metric.input == "lens"):
        values: Tensor | None = getattr(hidden, metric.fields[0])
        if hidden.lens_sentence is not None and values is not None:
            how = _of_lines(resample, hidden.sentence_line[hidden.lens_sentence.long()])
            rows.append(_row(metric, "token", layer, metric.function(values[layer], resample=how), how, values.shape[1]))
    return rows


class _Pairs:
    """The sentences that both texts have, and the metrics measured of them."""

    def __init__(self, text: Prepared, reference: Prepared, metrics: list[Metric], resample: Resample | None) -> None:
        hidden, other = text.hidden, reference.hidden
        if hidden.sentence.shape[0::2] != other.sentence.shape[0::2]:
            raise MetricError(
                f"hidden states {list(hidden.sentence.shape)} and the reference's {list(other.sentence.shape)} differ"
            )
        self.metrics = {metric: "sentence" if metric.input == "aligned_sentences" else "token" for metric in metrics}
        rows_x, rows_y = _common(hidden.sentence_line, other.sentence_line)
        both, whole = ((text, rows_x), (reference, rows_y)), whole_sentences(hidden)[rows_x] & whole_sentences(other)[rows_y]
        self.lines, self.drawn = len(hidden.sentence_line), dict[Metric, list[Estimate]]()
        self.counted = {"sentence": len(rows_x), "token": int(whole.sum())}
        lines = hidden.sentence_line[rows_x]
        self.resample = {"sentence": _of_lines(resample, lines), "token": _of_lines(resample, lines[whole])}
        self.clouds = {
            "sentence": [one.chosen("sentence", rows, torch.arange(len(rows))) for one, rows in both],
            "token": [one.chosen("token", *_tokens(one.hidden, rows[whole])) for one, rows in both],
        }

    def rows(self, layer: int) -> list[Row]:
        """Measure one layer."""
        # One pair of clouds for all metrics of the layer, which share what they compute of it.
        clouds = {
            over: [cloud(layer) for cloud in self.clouds[over]]
            for over in dict.fromkeys(self.metrics.values())
            if self.counted[over]
        }
        rows = []
        for metric, over in self.metrics.items():
            found = metric.function(*clouds[over], resample=self.resample[over]) if over in clouds else _NOTHING
            if layer and found.p is not None:
                self.drawn.setdefault(metric, []).append(found)
            rows.append(self._row(metric, layer, found))
        return rows

    def over_layers(self) -> list[Row]:
        """Return a row without a layer of each metric with a `p`, from the layers after the embedding.

        Of a difference it is the median, of a similarity the best layer. The same swaps or pairings were made in all layers, so
        their medians, or best layers, are the distribution by chance.
        """
        return [
            self._row(metric, None, self._median(layers) if layers[0].permuted is None else _best(layers))
            for metric, layers in self.drawn.items()
        ]

    def _median(self, layers: list[Estimate]) -> Estimate:
        value, half_a, half_b, swapped = (
            torch.stack([getattr(found, name) for found in layers]).nanquantile(0.5, 0)
            for name in ("value", "half_a", "half_b", "swapped")
        )
        low, high, resample = None, None, self.resample["token"]
        if resample is not None and resample.units(self.counted["token"]) >= FEWEST:
            low, high = (torch.tensor(end, dtype=torch.float64) for end in resample.of_swaps(float(value), swapped))
        last = layers[-1]
        return Estimate(value, last.n, last.dropped, low, high, half_a, half_b, swapped)

    def _row(self, metric: Metric, layer: int | None, found: Estimate) -> Row:
        over = self.metrics[metric]
        return _row(metric, over, layer, found, self.resample[over], self.counted[over], self.lines - self.counted[over])


def _best(layers: list[Estimate]) -> Estimate:
    """Return the value at the best of these layers, and that of each random pairing."""
    sign, last = -1 if layers[-1].less else 1, layers[-1]
    value, permuted = (
        sign * torch.stack([sign * getattr(found, name) for found in layers]).amax(0) for name in ("value", "permuted")
    )
    return replace(last, value=value, low=None, high=None, half_a=None, half_b=None, permuted=permuted)


_NOTHING = Estimate(torch.tensor(torch.nan), torch.tensor(0), torch.tensor(0))


def _common(lines: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rows, in two lists of lines, of the lines that are in both, in the order of the lines."""
    rows, columns = torch.isin(lines, others).nonzero().flatten(), torch.isin(others, lines).nonzero().flatten()
    return rows[lines[rows].argsort()], columns[others[columns].argsort()]


def whole_sentences(hidden: HiddenStates) -> Tensor:
    """Return which sentences are kept whole, [sentences] bool."""
    if hidden.sentence_whole is not None:
        return hidden.sentence_whole
    kept = torch.bincount(hidden.token_sentence.long(), minlength=len(hidden.tokens))
    return (kept == hidden.tokens) & (kept > 0)


def _tokens(hidden: HiddenStates, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the tokens of some sentences, and the sentence of each, numbered in the order given."""
    number = torch.full((len(hidden.tokens),), -1)
    number[rows] = torch.arange(len(rows))
    groups = number[hidden.token_sentence.long()]
    chosen = (groups >= 0).nonzero().flatten()
    return chosen, groups[chosen]
