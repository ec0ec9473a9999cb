"""`make` on a terminal: one line of progress with the run's numbers, failures in full, and Ctrl-C ends it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from study import ROOT, Study
from terminal import Terminal

pytestmark = pytest.mark.workflow

# Two models of three texts; a model can be broken. Each text is a line in the log, as that of a real job.
TOY = """
rule table:
    input: expand("{model}.done", model=["small", "large"])
    output: "table"
    shell: "touch {output}"
rule measure:
    output: "{model}.done"
    log: "logs/{model}.log"
    params: broken=lambda wildcards: int(wildcards.model == config.get("broken"))
    shell: "for n in 1 2 3; do echo 12:00:00 $n of 3: text$n >> {log}; sleep 1.2; done; touch {output}; exit {params.broken}"
"""
LINE = re.compile(r"(\d) of 3 jobs \| measure (\w+): (\d) of 3: text\d \| (?:about \d+ min|under a minute) left")


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def snakemake(folder: Path, *arguments: str) -> Terminal:
    (folder / "Snakefile").write_text(TOY, encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--show-failed-logs", "--logger=langgeom", *arguments]
    return Terminal(command, folder, environment())


def test_the_line_tells_how_far_the_run_is(tmp_path: Path) -> None:
    terminal = snakemake(tmp_path)
    assert terminal.end() == 0, terminal.text
    drawn = [match.groups() for match in LINE.finditer(terminal.text)]
    assert {(line[0], line[2]) for line in drawn} >= {("0", "1"), ("0", "3"), ("1", "1"), ("1", "3")}
    assert {line[1] for line in drawn} == {"small", "large"}
    # Nothing of it stays, nor of Snakemake's chatter; its log has all that, and is named.
    shown = [line for line in terminal.lines() if line.strip()]
    assert [line.split(": ")[0] for line in shown] == ["Complete log(s)", "Elapsed time"]
    log = Path(shown[0].removeprefix("Complete log(s): ")).read_text(encoding="utf-8")
    assert "3 of 3 steps (100%) done" in log and "rule measure:" in log


def test_a_failure_is_shown_with_its_log(tmp_path: Path) -> None:
    terminal = snakemake(tmp_path, "--config", "broken=small", "--keep-going")
    assert terminal.end() == 1
    shown = terminal.lines()
    assert "Error in rule measure:" in shown and "12:00:00 3 of 3: text3" in shown
    assert any(line.startswith("Complete log(s): ") for line in shown)
    assert "2 of 3 jobs" not in terminal.text  # a job that failed is not done


def run_alone(study: Study, *arguments: str) -> list[str]:
    study.write()
    return [sys.executable, str(ROOT / "workflow" / "scripts" / "run_alone.py"), "--cores", "1", *arguments]


def test_control_c_ends_a_run_on_a_terminal_and_elsewhere_there_is_no_line(fresh: Callable[[], Study]) -> None:
    study = fresh()
    terminal = Terminal(run_alone(study, "corpora"), study.folder, {**environment(), "COLUMNS": "80"}, columns=40)
    terminal.wait_until(lambda text: re.search(r"\x1b\[K1 of 5 jobs", text) is not None)
    drawn = terminal.text  # after Ctrl-C Snakemake's own words may follow in the line
    terminal.press(b"\x03")
    assert terminal.end() not in (0, -9)
    shown = "\n".join(terminal.lines())
    # A job that was still loading Snakemake's own modules may say where; the runner waits in silence.
    assert "run_alone.py" not in shown and re.search("Terminating processes|did not complete successfully", shown)
    assert max(map(len, re.findall(r"\x1b\[K(\d of 5 jobs[^\r\n]*)", drawn))) <= 39
    assert not list((study.folder / ".snakemake" / "locks").glob("*"))
    assert 1 <= len(list((study.folder / "results" / "corpora" / "mine").glob("*.txt"))) < 4
    done = subprocess.run(run_alone(study, "corpora"), cwd=study.folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0 and len(list((study.folder / "results" / "corpora" / "mine").glob("*.txt"))) == 4
    assert "Building DAG of jobs" in done.stderr and "\x1b[K" not in done.stderr
