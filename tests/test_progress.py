"""The line of overall progress: what it counts, and what it says is left."""

from __future__ import annotations

import pytest

from langgeom.progress import Overall, duration, stage_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_texts_count_as_their_outputs_appear(clock: Clock) -> None:
    there: set[str] = set()
    overall = Overall(clock, there.__contains__)
    assert overall.line() == ""
    overall.plan({"hidden_a_b_1": 2, "hidden_a_b_2": 2, "corpus": 5, "figure": 1})
    overall.serve({"hidden_a_b_1": 8, "hidden_a_b_2": 3, "metrics_a_b_1": 8})
    assert overall.line() == ""
    overall.begin(7, "hidden_a_b_1", "small", ["x", "y"])
    assert overall.line() == "Hidden states: small (model 1 of 2), 0 of 22 texts | 0 of 10 jobs"
    there |= {"x", "elsewhere"}
    assert overall.line() == "Hidden states: small (model 1 of 2), 1 of 22 texts | 0 of 10 jobs"
    overall.end(7)
    assert overall.line() == "1 of 10 jobs"
    overall.begin(8, "hidden_a_b_2", "large", [])
    assert overall.line() == "Hidden states: large (model 2 of 2), 8 of 22 texts | 1 of 10 jobs"


def test_the_largest_job_under_way_is_told(clock: Clock) -> None:
    overall = Overall(clock)
    overall.plan({"metrics_a_1": 1, "figure": 3, "page": 1, "join_metrics": 1})
    overall.serve({"metrics_a_1": 4})
    overall.begin(1, "figure")
    assert overall.line() == "Figures: 0 of 3 jobs | 0 of 6 jobs"
    overall.begin(2, "metrics_a_1", "small")
    assert overall.line().startswith("Metrics: small (model 1 of 1), 0 of 4 texts | ")
    overall.end(2)
    overall.end(1)
    overall.begin(3, "page")
    assert overall.line() == "page: 0 of 1 jobs | 2 of 6 jobs"


def test_what_failed_is_not_done_and_may_start_again(clock: Clock) -> None:
    overall = Overall(clock)
    overall.plan({"figure": 2})
    for well, said in ((False, "0 of 2 jobs"), (True, "1 of 2 jobs")):
        overall.begin(1, "figure")
        overall.end(1, well)
        assert overall.line() == said
    overall.end(99)
    assert overall.line() == "1 of 2 jobs"


def test_time_left_is_that_of_the_units_left(clock: Clock) -> None:
    overall = Overall(clock)
    overall.plan({"hidden_a_1": 3})
    overall.serve({"hidden_a_1": 10})
    overall.begin(1, "hidden_a_1", "small")
    clock.now = 300.0
    assert "left" not in overall.line()  # no text yet to learn from
    overall.end(1)
    # 30 s a text, 20 texts
    assert overall.line() == "1 of 3 jobs | about 10 min left"
    overall.begin(2, "hidden_a_1", "large")
    overall.begin(3, "hidden_a_1", "larger")
    clock.now = 600.0
    overall.end(2)
    overall.end(3)
    # 900 s of jobs in 600 s; nothing is left
    assert overall.line() == "3 of 3 jobs | under a minute left"


def test_stages_not_seen_yet_are_guessed_and_jobs_side_by_side_share_the_time(clock: Clock) -> None:
    overall = Overall(clock)
    overall.plan({"hidden_a_1": 2, "metrics_a_1": 2})
    overall.serve({"hidden_a_1": 10, "metrics_a_1": 10})
    overall.begin(1, "hidden_a_1", "small")
    overall.begin(2, "hidden_a_1", "large")
    clock.now = 1200.0
    overall.end(1)
    overall.end(2)
    # 120 s a text of hidden states, so 60 s of metrics by the guess of a half; two at once: 20 x 60 s / 2.
    assert overall.line() == "2 of 4 jobs | about 10 min left"


def test_words_for_what_is_left() -> None:
    said = {0: "under a minute left", 29: "under a minute left", 100: "about 2 min left", 5340: "about 89 min left"}
    assert {seconds: duration(seconds) for seconds in said} == said
    assert duration(2 * 3600 + 29 * 60) == "about 2 h 20 min left"


def test_stages_of_rules() -> None:
    rules = {"hidden_flores_plus_12": "hidden", "join_metrics": "join_metrics", "npm_package": "npm_package", "page": "page",
             "all": "all"}  # fmt: skip
    assert {rule: stage_of(rule) for rule in rules} == rules
