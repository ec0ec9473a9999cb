"""Files that are deleted, emptied, cut off or changed by a bit: found, named and made anew or refused; never used."""

from __future__ import annotations

import random
import shutil

import pytest

from damage import DAMAGES, damage
from langgeom.models.manifest import verify
from runs import ALIGNED, EXPLORER, LIBRARY, REPORT, TARGETS, Undisturbed, finish, refused, results_of
from study import Study
from tally import Tally

pytestmark = pytest.mark.faults
SEED = 5
# One file of every kind that a run keeps, from the results folder.
KINDS = {
    "a text": "corpora/mine/uig_Latn.txt",
    "a report on a text": "corpora/mine/uig_Arab.json",
    "a model's weights": "models/decoder/model.safetensors",
    "hidden states": "hidden/decoder/mine/uig_Arab.safetensors",
    "metrics of a text": "metrics/decoder/mine/uig_Latn.parquet",
    "measures of a text": "texts/mine/eng_Latn.parquet",
    "the table of metrics": "metrics.parquet",
    "a table as CSV": "quality.csv",
    "the findings' page": "findings.md",
    "a picture": "figures/kl_mean.png",
    "numbers of a figure": "figures/id_by_layer.csv",
    "sentences compared": ALIGNED.removeprefix("results/"),
    "a download": LIBRARY.removeprefix("results/"),
    "the explorer": EXPLORER.removeprefix("results/"),
    "the report": REPORT.removeprefix("results/"),
}


@pytest.mark.workflow
@pytest.mark.parametrize("how", DAMAGES)
def test_results_are_made_anew(finished: Study, undisturbed: Undisturbed, how: str, tally: Tally) -> None:
    """`make` names what has changed since it was written and makes it anew, to the same bytes."""
    chance, results = random.Random(f"{SEED} {how}"), finished.folder / "results"
    for path in KINDS.values():
        damage(results / path, how, chance)
    # Snakemake's own notes, and what tells our own runs apart, may be damaged too.
    notes = sorted((finished.folder / ".snakemake" / "metadata").rglob("*"))
    for path in [*(path for path in notes if path.is_file())][::3]:
        damage(path, how, chance)
    next(path for path in notes if path.is_file()).write_bytes(b'{"rule": "\xf3("}')  # no text
    (finished.folder / ".snakemake" / "langgeom.lock").write_bytes(b"\0" * 10)
    (finished.folder / ".snakemake" / "locks").mkdir(exist_ok=True)
    (finished.folder / ".snakemake" / "locks" / "0.input.lock").write_bytes(b"\xff")
    output = finish(finished, *TARGETS, REPORT, f"results/{KINDS['a report on a text']}")
    assert "Traceback" not in output
    assert "of Snakemake's notes on finished jobs, which cannot be read any more." in output
    for kind, path in KINDS.items():
        named = f"Removed results/{path.replace('/model.safetensors', '')}: it has changed since it was written" in output
        # A file that is not there is Snakemake's to make; of a folder that lacks one it sees the folder only.
        assert named == (how != "deleted" or kind == "a model's weights"), f"{kind}\n{output}"
    assert results_of(finished) == undisturbed.results and (results / "report.html").exists()
    assert verify(results / "models" / "decoder") is None
    tally(f"a result of each kind {how}", len(KINDS), **{"survived" if how == "deleted" else "detected": len(KINDS)})


@pytest.mark.workflow
def test_bits_that_flip_silently_are_found_where_they_would_be_used(
    finished: Study, undisturbed: Undisturbed, tally: Tally
) -> None:
    """Size and time are what they were, and the job that would read the file refuses it; the next run makes it anew."""
    chance, results = random.Random(SEED), finished.folder / "results"
    # What is damaged, and what has to be made of it.
    attacks: list[tuple[str, list[str], str]] = [
        ("corpora/mine/eng_Latn.txt", ["texts/mine/eng_Latn.parquet", "texts.csv"], "results/texts.csv"),
        ("metrics/decoder/mine/uig_Latn.parquet", ["metrics.parquet", "metrics.csv"], "table"),
        (
            "models/decoder/model.safetensors",
            ["hidden/decoder/mine/eng_Latn.safetensors", "store/hidden", "metrics.csv", "metrics"],
            "table",
        ),
        (
            "hidden/decoder/mine/uig_Arab.safetensors",
            ["metrics/decoder/mine/eng_Latn.parquet", "store/metrics", "metrics.csv"],
            "table",
        ),
        ("metrics.parquet", ["figures/id_by_layer.csv"], "fig01"),
        (ALIGNED.removeprefix("results/"), ["explorer.html"], EXPLORER),
        (LIBRARY.removeprefix("results/"), ["explorer.html"], EXPLORER),
    ]
    for path, lost, target in attacks:
        # Snakemake removes what a job that fails was to make; and what is older than its inputs it would make anew, unread.
        if target == EXPLORER or not (results / path).exists():
            finish(finished, *TARGETS, target)
        damage(results / path, "a bit flipped", chance, silently=True)
        for name in lost:
            if (results / name).is_dir():
                shutil.rmtree(results / name)
            else:
                (results / name).unlink(missing_ok=True)
        output = refused(finished, target)
        damaged = results / path.replace("/model.safetensors", "")
        assert f"{damaged.relative_to(finished.folder)}: the bytes are not those that were written" in output, output
        assert not damaged.exists()
        tally("a bit of a job's input flipped, its time kept", 1, detected=1)
    finish(finished, *TARGETS, EXPLORER)
    assert results_of(finished) == undisturbed.results
