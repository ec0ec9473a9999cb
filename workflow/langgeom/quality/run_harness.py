"""Running EleutherAI's lm-evaluation-harness on a prepared model, and keeping its results file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgeom.errors import UserError, without_passwords
from langgeom.files import atomic, scratch
from langgeom.models.manifest import read_manifest
from langgeom.quality.tasks import check_tasks

__all__ = ["command", "find_program", "run_harness"]

# Beside the folder that is run in, or below it: what `make harness` makes.
ENVIRONMENT = Path(".venv-harness")
# What differs from run to run, and what describes the machine.
VOLATILE = ("date", "start_time", "end_time", "total_evaluation_time_seconds", "pretty_env_info", "upper_git_hash")


def run_harness(
    model: Path,
    tasks: Sequence[str],
    out: Path,
    *,
    shots: int | None,
    limit: int | None,
    include: Path | None,
    cache: Path,
    seed: int = 0,
) -> None:
    """Write the results of tasks as `lm_eval` writes them, without times and descriptions of the machine.

    Args:
        model: a prepared model's folder; decoders only.
        tasks: names of tasks or groups of the harness.
        out: the JSON file; `langgeom.quality.harness.read_harness` reads it.
        shots: examples before each question; None: as each task says.
        limit: questions of each task; None: all.
        include: a folder of the user's own tasks.
        cache: where data sets of tasks are kept.
        seed: of the choice of examples.

    Raises:
        UserError: an encoder, tasks that are code, no harness here, or a harness that fails, with the end of what it said.
    """
    manifest = read_manifest(model)
    if manifest["kind"] != "decoder":
        raise UserError(
            f"Model '{manifest['name']}' is an encoder, which gives answers no probability. Name decoders in "
            "quality.harness.models."
        )
    if include is not None:
        check_tasks(include)
    program = find_program()
    with scratch(out) as temporary:
        said = _run(command(program, model, tasks, temporary, shots, limit, include, seed), cache)
        found = sorted(temporary.rglob("results_*.json"))
        if len(found) != 1:
            raise UserError(
                f"lm_eval wrote {len(found)} results files instead of one. It said: {said}. Run one model and task at a time."
            )
        results: dict[str, Any] = json.loads(found[0].read_text(encoding="utf-8"))
    for key in VOLATILE:
        results.pop(key, None)
    with atomic(out) as path:
        path.write_text(json.dumps(results, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def find_program() -> str:
    """Return the harness: that of `make harness` where there is one, else what PATH has.

    Raises:
        UserError: there is none.
    """
    places = [place / ENVIRONMENT / "bin" for place in (Path.cwd(), Path(__file__).resolve().parents[3])]
    for place in [*map(str, places), None]:
        if program := shutil.which("lm_eval", path=place):
            return program
    raise UserError(
        "quality.harness needs lm_eval, which is not here. Run `make harness` (it makes .venv-harness from "
        "envs/requirements-harness.txt), or run snakemake with --sdm conda."
    )


def command(
    program: str,
    model: Path,
    tasks: Sequence[str],
    out: Path,
    shots: int | None,
    limit: int | None,
    include: Path | None,
    seed: int,
) -> list[str]:
    """Return the command line; the model's folder is all that is read of the model, and no code of its repository is run."""
    words = [program, "run", "--model", "hf", "--model_args", f"pretrained={model},dtype=auto,trust_remote_code=False"]
    words += ["--tasks", ",".join(tasks), "--batch_size", "auto", "--seed", str(seed), "--output_path", str(out)]
    for option, value in (("--num_fewshot", shots), ("--limit", limit), ("--include_path", include)):
        if value is not None:
            words += [option, str(value)]
    return words


def _run(words: Sequence[str], cache: Path) -> str:
    """Run the harness, print what it says without the token, and return the end of it."""
    from huggingface_hub import get_token

    token = get_token()  # from the environment, or what `hf auth login` left
    names = ("hub", "datasets", "modules", "evaluate", "xet")
    environment = {
        **os.environ, **{f"HF_{name.upper()}_CACHE": str((cache / name).absolute()) for name in names},
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)  # the harness has an environment of its own
    last: list[str] = []
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            # Addresses of large files carry signatures, which are keys for as long as they last.
            line = without_passwords(re.sub(r"(https?://[^\s?]+)\?\S+", r"\1?...", line.rstrip()))
            line = line.replace(token, "***") if token else line
            print(line)
            last = [*last, line][-5:]
    said = " | ".join(filter(None, last))[-600:] or "nothing"
    if process.returncode != 0:
        raise UserError(
            f"lm_eval failed with status {process.returncode}. It said: {said}. Check tasks (`lm_eval ls tasks`) and network."
        )
    return said
