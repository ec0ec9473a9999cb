"""All metrics asked for of one text: rows of the tidy table, without the columns that name the text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from langgeom.errors import UserError, nearest
from langgeom.metrics.catalogue import OVER
from langgeom.metrics.cloud import Cloud
from langgeom.metrics.estimate import Estimate, MetricError, MissingValueWarning
from langgeom.metrics.inputs import HiddenText
from langgeom.metrics.registry import METRICS, Metric
from langgeom.metrics.resample import Resample

__all__ = ["measure_text"]


def measure_text(
    hidden: HiddenText,
    reference: HiddenText | None,
    names: Mapping[str, Sequence[str]],
    resample: Resample | None,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Return rows `layer, metric, over, value, low, high, n, dropped` of one text.

    Layer by layer, so that nearest neighbours are found once for all metrics and one layer's working memory is held at
    a time.

    Args:
        hidden: the text's hidden states.
        reference: the reference text's; without it, aligned metrics are left out.
        names: metrics asked for, under `token`, `sentence`, `aligned`, `pairs` (measured as `aligned` are; a metric under
            both, once) and `text`.
        resample: the bootstrap; without it, `low` and `high` are missing.
        device: where the layers are measured; each is moved there in its turn.

    Returns:
        Plain values; missing ones are None. `layer` is None for metrics of the text. Metrics of the text that need
        counts it lacks (no loss) are left out. Aligned metrics count in `dropped` the text's sentences that the
        reference lacks, for tokens also those not whole in both.

    Raises:
        UserError: an unknown metric, or hidden states that a metric cannot take (NaN, Inf).
    """
    chosen = {over: [_metric(name, over) for name in listed] for over, listed in names.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingValueWarning)
        try:
            rows = _clouds(chosen.get("token", []), "token", hidden.token, hidden.token_sentence, resample, device)
            rows += _clouds(chosen.get("sentence", []), "sentence", hidden.sentence, None, resample, device)
            if reference is not None:
                both = dict.fromkeys([*chosen.get("aligned", []), *chosen.get("pairs", [])])
                rows += _aligned(list(both), hidden, reference, resample, device)
            for metric in chosen.get("text", []):
                counts = [getattr(hidden, field) for field in metric.fields]
                if all(count is not None for count in counts):
                    rows.append(_row(metric, "text", None, metric.function(*counts, resample=resample), 0, 0))
        except MetricError as error:
            raise UserError(f"{error}.") from None
    return rows


def _metric(name: str, over: str) -> Metric:
    if over not in OVER:
        raise UserError(f"metrics are asked for over '{over}'; allowed: {', '.join(OVER)}.{nearest(over, OVER)}")
    allowed = [known for known, metric in METRICS.items() if metric.input in OVER[over]]
    if name not in allowed:
        raise UserError(f"'{name}' is no metric over '{over}'; allowed: {', '.join(allowed)}.{nearest(name, allowed)}")
    return METRICS[name]


def _row(metric: Metric, over: str, layer: int | None, estimate: Estimate, index: int, dropped: int) -> dict[str, Any]:
    def plain(numbers: Tensor | None) -> float | None:
        number = torch.nan if numbers is None else float(torch.atleast_1d(numbers)[index])
        return None if number != number else number

    n, left_out = (int(torch.atleast_1d(part)[index]) for part in (estimate.n, estimate.dropped))
    return {
        "layer": layer, "metric": metric.name, "over": over,
        "value": plain(estimate.value), "low": plain(estimate.low), "high": plain(estimate.high),
        "n": n, "dropped": left_out + dropped,
    }  # fmt: skip


def _clouds(
    metrics: list[Metric],
    over: str,
    points: Tensor,
    groups: Tensor | None,
    resample: Resample | None,
    device: torch.device | str,
) -> list[dict[str, Any]]:
    """Measure each layer of a stack; metrics between layers get the layer and the next."""
    rows = []
    most = max([metric.neighbours for metric in metrics], default=0)
    for layer in range(len(points)):
        cloud = Cloud(points[layer : layer + 1].to(device), groups)
        if most and bool(cloud.points.isfinite().all()):
            # Once, for the metric that needs most.
            cloud.layer(0).nearest(most)
        for metric in metrics:
            if metric.input == "cloud":
                estimate = _named_layer(metric, layer, cloud, resample=resample)
            elif layer + 1 < len(points):
                estimate = _named_layer(metric, layer, Cloud(points[layer : layer + 2].to(device), groups), resample=resample)
            else:
                continue
            rows.append(_row(metric, over, layer, estimate, 0, 0))
    return rows


def _named_layer(metric: Metric, layer: int, *clouds: Cloud, resample: Resample | None) -> Estimate:
    try:
        return metric.function(*clouds, resample=resample)
    except MetricError as error:
        # A call sees its layers counted from 0: one, or two neighbours.
        raise MetricError(re.sub(r"layer (\d+) has", lambda found: f"layer {layer + int(found[1])} has", str(error))) from None


def _aligned(
    metrics: list[Metric],
    hidden: HiddenText,
    reference: HiddenText,
    resample: Resample | None,
    device: torch.device | str,
) -> list[dict[str, Any]]:
    """Measure the sentences that both texts have, layer by layer."""
    if not metrics:
        return []
    if hidden.sentence.shape[0::2] != reference.sentence.shape[0::2]:
        raise MetricError(
            f"hidden states {list(hidden.sentence.shape)} and the reference's {list(reference.sentence.shape)} differ"
        )
    rows_x, rows_y = _common(hidden.sentence_line, reference.sentence_line)
    whole = _whole(hidden)[rows_x] & _whole(reference)[rows_y]
    tokens_x, groups_x = _tokens(hidden, rows_x[whole])
    tokens_y, groups_y = _tokens(reference, rows_y[whole])
    counted = {"sentence": len(rows_x), "token": int(whole.sum())}
    kinds = {metric: "sentence" if metric.input == "aligned_sentences" else "token" for metric in metrics}
    rows = []
    for layer in range(len(hidden.sentence)):
        here = slice(layer, layer + 1)
        # One pair of clouds for all metrics of the layer, which share what they compute of it.
        clouds: dict[str, list[Cloud]] = {}
        if "sentence" in kinds.values() and counted["sentence"]:
            clouds["sentence"] = [
                Cloud(hidden.sentence[here, rows_x].to(device)),
                Cloud(reference.sentence[here, rows_y].to(device)),
            ]
        if "token" in kinds.values() and counted["token"]:
            ours, theirs = hidden.token[here, tokens_x].to(device), reference.token[here, tokens_y].to(device)
            clouds["token"] = [Cloud(ours, groups_x), Cloud(theirs, groups_y)]
        for metric, over in kinds.items():
            missing = len(hidden.sentence_line) - counted[over]
            pair = clouds.get(over)
            estimate = _named_layer(metric, layer, *pair, resample=resample) if pair else _NOTHING
            rows.append(_row(metric, over, layer, estimate, 0, missing))
    return rows


_NOTHING = Estimate(torch.tensor(torch.nan), torch.tensor(0), torch.tensor(0))


def _common(lines: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rows, in two lists of lines, of the lines that are in both, in the order of the lines."""
    rows, columns = torch.isin(lines, others).nonzero().flatten(), torch.isin(others, lines).nonzero().flatten()
    return rows[lines[rows].argsort()], columns[others[columns].argsort()]


def _whole(hidden: HiddenText) -> Tensor:
    """Return which sentences have all their tokens kept, [sentences] bool."""
    kept = torch.bincount(hidden.token_sentence.long(), minlength=len(hidden.tokens))
    return (kept == hidden.tokens) & (kept > 0)


def _tokens(hidden: HiddenText, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the tokens of some sentences, and which of them, in their order, each belongs to."""
    number = torch.full((len(hidden.tokens),), -1)
    number[rows] = torch.arange(len(rows))
    groups = number[hidden.token_sentence.long()]
    chosen = (groups >= 0).nonzero().flatten()
    return chosen, groups[chosen]
