"""A task of lm-evaluation-harness made of local files, and the harness itself where it is installed."""

from __future__ import annotations

import json
from pathlib import Path

from langgeom.errors import UserError
from langgeom.quality.harness import find_program
from unavailable import unavailable


def the_harness() -> str:
    """Return lm_eval. Without it a test is skipped, except where CI says that nothing may be."""
    try:
        return find_program()
    except UserError as error:
        unavailable(f"make harness was not run: {error}")


def write_task(folder: Path, name: str) -> None:
    """Write a task of six questions of two choices, with one example, as the harness reads it."""
    folder.mkdir(exist_ok=True)
    for split, count in (("test", 6), ("dev", 1)):
        rows = [
            {"question": f"{number} + 1?", "choices": [str(number + 1), str(number)], "answer": 0} for number in range(count)
        ]
        (folder / f"{name}_{split}.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = {split: str(folder / f"{name}_{split}.json") for split in ("test", "dev")}
    (folder / f"{name}.yaml").write_text(
        f"task: {name}\ndataset_path: json\ndataset_kwargs: {json.dumps({'data_files': files})}\noutput_type: multiple_choice\n"
        "test_split: test\nfewshot_split: dev\nfewshot_config: {sampler: first_n}\n"
        'doc_to_text: "{{question}} Answer:"\ndoc_to_choice: "{{choices}}"\ndoc_to_target: answer\n'
        "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\nmetadata: {version: 1.0}\n"
    )
