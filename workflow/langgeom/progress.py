"""How far a whole run has come, in one line: stage, model, texts, jobs, and about how long it will still take.

It is told of jobs as they start and end; `snakemake_logger_plugin_langgeom` tells it what Snakemake reports.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from langgeom.report.costs import STAGES

__all__ = ["Overall", "duration"]

# Rough seconds a unit (a text of the first two, else a job), the default's on two cores: until a stage has been seen at work,
# what it will take is guessed from these, scaled by how the stages seen so far compare with them.
GUESS = {"hidden": 4.0, "metrics": 2.0, "model": 20.0, "aligned": 5.0, "harness": 3600.0}
# Guesses from the first moments say nothing.
SETTLED = 5.0


@dataclass
class _Job:
    """A job under way."""

    rule: str
    model: str
    outputs: Sequence[str]
    start: float
    order: int


class Overall:
    """The jobs of a run and what is done of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, exists: Callable[[str], bool] = os.path.exists) -> None:
        self._clock, self._exists = clock, exists
        self._planned: dict[str, int] = {}
        self._served: dict[str, int] = {}
        self._running: dict[int, _Job] = {}
        self._done: dict[str, int] = {}
        self._busy: dict[str, float] = {}
        self._begun: dict[str, list[str]] = {}
        self._start: float | None = None
        self._order = 0

    def plan(self, jobs: Mapping[str, int]) -> None:
        """Take how many jobs of each rule the run has."""
        self._planned = dict(jobs)

    def serve(self, texts: Mapping[str, int]) -> None:
        """Take how many texts one job of a rule serves; jobs of other rules count as one unit each."""
        self._served = dict(texts)

    def begin(self, job: int, rule: str, model: str = "", outputs: Sequence[str] = ()) -> None:
        """Note that a job starts; the texts of a job under way are counted by its outputs, which appear one by one."""
        now = self._clock()
        self._start = now if self._start is None else self._start
        self._order += 1
        self._running[job] = _Job(rule, model, outputs, now, self._order)
        begun = self._begun.setdefault(stage_of(rule), [])
        if model and model not in begun:
            begun.append(model)

    def end(self, job: int, well: bool = True) -> None:
        """Note that a job has ended; one that failed is not done, and may start again."""
        found = self._running.pop(job, None)
        if found is not None and well:
            self._done[found.rule] = self._done.get(found.rule, 0) + 1
            stage = stage_of(found.rule)
            self._busy[stage] = self._busy.get(stage, 0.0) + self._clock() - found.start

    def line(self) -> str:
        """Return the line, "" before the first job."""
        if self._start is None:
            return ""
        jobs = f"{sum(self._done.values())} of {sum(self._planned.values())} jobs"
        return " | ".join(filter(None, (self._at_work(), jobs, self._left())))

    def _at_work(self) -> str:
        """Say what the largest job under way does, and how far its stage is."""
        if not self._running:
            return ""
        job = max(self._running.values(), key=lambda job: (self._guess(job.rule) * self._units(job.rule), job.order))
        stage = stage_of(job.rule)
        rules = [rule for rule in self._planned if stage_of(rule) == stage]
        total, done = sum(map(self._all_units, rules)), self._units_done(rules)
        unit = "texts" if job.rule in self._served else "jobs"
        models = max([len(self._begun[stage]), *(self._planned[rule] for rule in rules if rule in self._served)])
        which = f"{job.model} (model {self._begun[stage].index(job.model) + 1} of {models})" if job.rule in self._served else ""
        words = STAGES[stage][0] if stage in STAGES else stage
        return f"{words}: " + ", ".join(filter(None, (which or job.model, f"{done} of {total} {unit}")))

    def _left(self) -> str:
        """Say about how long the rest takes: units left, each as long as those done, as many at once as so far."""
        assert self._start is not None
        now = self._clock()
        stages: dict[str, list[str]] = {}
        for rule in self._planned:
            stages.setdefault(stage_of(rule), []).append(rule)
        busy = {stage: self._busy.get(stage, 0.0) for stage in stages}
        for job in self._running.values():
            busy[stage_of(job.rule)] = busy.get(stage_of(job.rule), 0.0) + now - job.start
        done = {stage: self._units_done(rules) for stage, rules in stages.items()}
        seen = [stage for stage in stages if done[stage]]
        guessed = sum(done[stage] * self._guess(stage) for stage in seen)
        if now - self._start < SETTLED or not guessed:
            return ""
        scale = sum(busy[stage] for stage in seen) / guessed
        seconds = 0.0
        for stage, rules in stages.items():
            each = busy[stage] / done[stage] if done[stage] else self._guess(stage) * scale
            seconds += each * (sum(map(self._all_units, rules)) - done[stage])
        at_once = max(1.0, sum(busy.values()) / (now - self._start))
        return duration(seconds / at_once)

    def _units(self, rule: str) -> int:
        return self._served.get(rule, 1)

    def _all_units(self, rule: str) -> int:
        return self._planned[rule] * self._units(rule)

    def _units_done(self, rules: Collection[str]) -> int:
        finished = sum(self._done.get(rule, 0) * self._units(rule) for rule in rules)
        under_way = [job for job in self._running.values() if job.rule in rules and job.rule in self._served]
        return finished + sum(sum(map(self._exists, job.outputs)) for job in under_way)

    def _guess(self, rule: str) -> float:
        return GUESS.get(stage_of(rule), 2.0)


def stage_of(rule: str) -> str:
    """Return the stage of a rule: rules of batches are called after stage, corpus and number."""
    first = rule.partition("_")[0]
    return rule if rule in STAGES or first not in STAGES else first


def duration(seconds: float) -> str:
    """Say how long is left, no more exactly than can be known."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute left"
    if minutes < 90:
        return f"about {minutes} min left"
    return f"about {minutes // 60} h {minutes % 60 // 10 * 10} min left"
