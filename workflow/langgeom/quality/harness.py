"""Running EleutherAI's lm-evaluation-harness on a prepared model, and keeping its results file."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.files import scratch, write_json
from langgeom.hub.fetch import redacted
from langgeom.models.manifest import read_manifest

ENVIRONMENT = Path(".venv-harness")  # of `make harness`
# Keys that differ between runs, or describe the machine.
VOLATILE = ("date", "start_time", "end_time", "total_evaluation_time_seconds", "pretty_env_info", "upper_git_hash")
CACHES = ("hub", "datasets", "modules", "evaluate", "xet")


def run_harness(model: Path, out: Path, settings: Mapping[str, Any], *, cache: Path, seed: int = 0) -> None:
    """Write the results of tasks as `lm_eval` does, without times and descriptions of the machine.

    Args:
        model: the folder of a prepared decoder.
        out: the JSON file; `langgeom.quality.read_harness` reads it.
        settings: `tasks` (names of tasks or groups); `shots`, examples before each question (None: the task's own number);
            `limit`, questions of each task (None: all); `include`, a folder of the user's own tasks (None: no).
        cache: where the tasks' data sets are kept.
        seed: of the choice of examples.

    Raises:
        UserError: the model is an encoder, tasks are code, there is no harness, or it fails.
    """
    manifest = read_manifest(model)
    if manifest["kind"] != "decoder":
        raise UserError(
            f"quality.harness.models names '{manifest['name']}', an encoder, which gives answers no probability. Allowed: "
            "decoders; remove it there."
        )
    if settings["include"]:
        check_tasks(Path(settings["include"]))
    with scratch(out) as temporary:
        last = _run(command(find_program(), model, temporary, settings, seed), cache)
        found = sorted(temporary.rglob("results_*.json"))
        if len(found) != 1:
            raise UserError(
                f"lm_eval wrote {len(found)} results files instead of one. It ended: {last}. Run one model and task at a time."
            )
        results = json.loads(found[0].read_text(encoding="utf-8"))
    write_json(out, {key: value for key, value in results.items() if key not in VOLATILE}, sort_keys=True)


def find_program() -> str:
    """Return the path of lm_eval: that of `make harness` if there is one, else the one on PATH. UserError: there is none."""
    places = [place / ENVIRONMENT / "bin" for place in (Path.cwd(), Path(__file__).resolve().parents[3])]
    for place in [*map(str, places), None]:
        if program := shutil.which("lm_eval", path=place):
            return program
    raise UserError(
        "quality.harness needs lm_eval, which is not here. Run `make harness` (it makes .venv-harness from "
        "envs/requirements-harness.txt), or run snakemake with --sdm conda."
    )


def command(program: str, model: Path, out: Path, settings: Mapping[str, Any], seed: int) -> list[str]:
    """Return the command line: only the model's folder is read, and no code of its repository is run."""
    words = [program, "run", "--model", "hf", "--model_args", f"pretrained={model},dtype=auto,trust_remote_code=False"]
    words += ["--tasks", ",".join(settings["tasks"]), "--batch_size", "auto", "--seed", str(seed), "--output_path", str(out)]
    for option, key in (("--num_fewshot", "shots"), ("--limit", "limit"), ("--include_path", "include")):
        if settings[key] is not None:
            words += [option, str(settings[key])]
    return words


def check_tasks(folder: Path) -> None:
    """Refuse a user's tasks that are code: the harness imports the Python that `!function` names beside the YAML.

    Raises:
        UserError: a task names a function, or includes a file outside the folder, which might.
    """
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "!function" in text:
            raise UserError(
                f"quality.harness.include: {path} names Python code (`!function`), which is not run here: use "
                "templates (doc_to_text, doc_to_choice, doc_to_target)."
            )
        for included in re.findall(r"^include:\s*['\"]?([^'\"\n]+)", text, flags=re.MULTILINE):
            if not (path.parent / included.strip()).resolve().is_relative_to(folder.resolve()):
                raise UserError(
                    f"quality.harness.include: {path} includes {included.strip()}, outside of {folder}: copy it there."
                )


def _run(words: list[str], cache: Path) -> str:
    """Run the harness, print its output without secrets, and return the end of it."""
    environment = {
        **os.environ, **{f"HF_{name.upper()}_CACHE": str((cache / name).absolute()) for name in CACHES},
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }  # fmt: skip
    environment.pop("PYTHONPATH", None)  # the harness has an environment of its own
    last: list[str] = []
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in map(redacted, process.stdout):
            print(line)
            last = [*last, line][-5:]
    end = " | ".join(filter(None, last))[-600:] or "without output"
    if process.returncode != 0:
        raise UserError(
            f"lm_eval failed with status {process.returncode}. It ended: {end}. Check tasks (`lm_eval ls tasks`) and network."
        )
    return end
