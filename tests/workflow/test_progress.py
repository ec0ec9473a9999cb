"""`make` on a terminal: one line of progress whose numbers are the run's, failures in full, and Ctrl-C ends it."""

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

# Rules by the names of the real ones: three models, two batches of three texts and one, then a join; a model can be broken.
TOY = """
from snakemake.logging import logger
onstart:
    logger.info("", extra={"texts_by_rule": {"hidden_mine_1": 3, "hidden_mine_2": 1}})
rule table:
    input: expand("hidden/{model}/{text}", model=["small", "large", "other"], text=list("abcd"))
    output: "table"
    shell: "touch {output}"
for number, batch in enumerate(["abc", "d"], 1):
    rule:
        name: f"hidden_mine_{number}"
        output: expand("hidden/{{model}}/{text}", text=list(batch))
        log: f"logs/{{model}}_{number}.log"
        params: broken=lambda wildcards: int(wildcards.model == config.get("broken"))
        shell: "for each in {output}; do sleep 1.2; touch $each; done; echo as told > {log}; exit {params.broken}"
"""
LINE = re.compile(
    r"Hidden states: (\w+) \(model (\d) of (\d)\), (\d+) of (\d+) texts \| (\d+) of (\d+) jobs(?: \| ([\w ]+) left)?"
)


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
    assert {(line[2], line[4], line[6]) for line in drawn} == {("3", "12", "7")}
    texts, jobs = [int(line[3]) for line in drawn], [int(line[5]) for line in drawn]
    # One job at a time, so texts follow one by one, those of a job under way too; jobs when they end.
    assert texts == sorted(texts) and jobs == sorted(jobs) and {0, 1, 2, 3} <= set(texts) and max(texts) >= 11
    order = list(dict.fromkeys(line[0] for line in drawn))
    assert len(order) == 3 and {(line[0], line[1]) for line in drawn} == {(name, str(order.index(name) + 1)) for name in order}
    assert {line[7] for line in drawn if line[7]} == {"under a minute"}
    # Nothing of it stays, nor of Snakemake's chatter; its log has all that, and is named.
    shown = [line for line in terminal.lines() if line.strip()]
    assert [line.split(": ")[0] for line in shown] == ["Complete log(s)", "Elapsed time"]
    log = Path(shown[0].removeprefix("Complete log(s): ")).read_text(encoding="utf-8")
    assert "7 of 7 steps (100%) done" in log and "rule hidden_mine_1:" in log


def test_a_failure_is_shown_whole_and_its_log_named(tmp_path: Path) -> None:
    terminal = snakemake(tmp_path, "--config", "broken=small", "--keep-going")
    assert terminal.end() == 1
    shown = terminal.lines()
    assert (
        "Error in rule hidden_mine_1:" in shown and "    log: logs/small_1.log (check log file(s) for error details)" in shown
    )
    assert "as told" in shown and any(line.startswith("Complete log(s): ") for line in shown)
    # What failed does not count as done: four jobs of two models.
    assert max(int(match[6]) for match in LINE.finditer(terminal.text)) < 5


def run_alone(study: Study, *arguments: str) -> list[str]:
    study.write()
    return [sys.executable, str(ROOT / "workflow" / "scripts" / "run_alone.py"), "--cores", "1", *arguments]


def test_make_shows_the_line_on_a_terminal_only(fresh: Callable[[], Study]) -> None:
    study = fresh()
    terminal = Terminal(run_alone(study, "corpora"), study.folder, environment(), columns=40)
    assert terminal.end() == 0, terminal.text
    lines = re.findall(r"Aligning texts: (\d) of 4 jobs \| \d", terminal.text)
    assert lines and lines == sorted(lines)
    assert max(len(line) for line in re.findall(r"\x1b\[K(Aligning[^\r\n]*)", terminal.text)) <= 39
    done = subprocess.run(run_alone(study, "corpora"), cwd=study.folder, env=environment(), capture_output=True, text=True)
    assert "Building DAG of jobs" in done.stderr and "Nothing to be done" in done.stderr and "\x1b[K" not in done.stderr
    terminal = Terminal(run_alone(study, "corpora"), study.folder, environment())
    assert terminal.end() == 0 and any(line.startswith("Nothing to be done") for line in terminal.lines())


def test_control_c_ends_a_run_that_goes_on_later(fresh: Callable[[], Study]) -> None:
    study = fresh()
    terminal = Terminal(run_alone(study, "corpora"), study.folder, environment())
    terminal.wait_until(lambda text: "Aligning texts: 1 of 4 jobs" in text)
    terminal.press(b"\x03")
    assert terminal.end() not in (0, -9)
    shown = "\n".join(terminal.lines())
    # A job that was still loading Snakemake's own modules may say where; the runner waits in silence.
    assert "run_alone.py" not in shown and re.search(
        "Terminating processes on user request|did not complete successfully", shown
    )
    assert not list((study.folder / ".snakemake" / "locks").glob("*"))
    assert 1 <= len(list((study.folder / "results" / "corpora" / "mine").glob("*.txt"))) < 4
    done = subprocess.run(run_alone(study, "corpora"), cwd=study.folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0 and len(list((study.folder / "results" / "corpora" / "mine").glob("*.txt"))) == 4
