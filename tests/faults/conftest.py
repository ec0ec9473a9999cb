"""A small study for runs that are attacked, what it gives when nothing happens to it, and the table of all attacks."""

from __future__ import annotations

import copy
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from langgeom.pages.libraries import D3
from libraries import library  # noqa: F401 (a fixture)
from mirror import mirror
from runs import REPORT, TARGETS, Fault, Run, Undisturbed, results_of
from stand_in_hub import TOKEN
from study import Study, make_parts, make_study
from tally import Tally

HERE = Path(__file__).parent
TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TALLY] = Tally()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what one of several processes counted to the one that shows it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["tally"] = dict(session.config.stash[TALLY].counts)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_testnodedown(node: Any) -> None:
    """Add what a process counted."""
    node.config.stash[TALLY].add(getattr(node, "workeroutput", {}).get("tally", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    tally = config.stash[TALLY]
    if tally.counts:
        terminalreporter.section("attacks")
        terminalreporter.write_line(tally.table())
    if page := os.environ.get("LANGGEOM_FAULTS_PAGE"):
        # Of a part of the tests, or where one failed, the table would look as clean and be shorter.
        if (
            exitstatus == 0
            and not config.option.keyword
            and not config.option.markexpr
            and HERE in [Path(given).resolve() for given in config.args]
        ):
            tally.write(Path(page))
        else:
            terminalreporter.write_line(f"{page} is left as it is: only a run of all of {HERE.name} that passed writes it.")


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Where a test counts its attacks."""
    return request.config.stash[TALLY]


@pytest.fixture(scope="session")
def registry(library: Path) -> Iterator[None]:  # noqa: F811
    """The registry of npm that runs ask: one on this machine, since they fetch the explorer's library dozens of times."""
    with mirror(library, D3.package, D3.version) as address, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.lower().startswith("npm_config_")]:
            patch.delenv(name)
        patch.setenv("npm_config_registry", address)
        patch.setenv("npm_config_userconfig", os.devnull)
        patch.setenv("npm_config_noproxy", "127.0.0.1")
        yield


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Study]:
    """Return a maker of studies of three texts and one model, all texts in one job, that have not run."""
    parts = tmp_path_factory.mktemp("parts")
    make_parts(parts)

    def make() -> Study:
        study = make_study(parts, tmp_path_factory.mktemp("study"))
        study.settings["corpora"]["mine"]["texts"] = ["eng_Latn", "uig_Arab", "uig_Latn"]
        study.settings["models"] = {"decoder": {"folder": "decoder"}}
        return study

    return make


@pytest.fixture(scope="session")
def undisturbed(fresh: Callable[[], Study], registry: None) -> Undisturbed:
    """That of such a study's tables, figures and pages; run with a secret in its environment, and never touched after."""
    study = fresh()
    run = Run(study, *TARGETS, REPORT, fault=Fault(), environment={"HF_TOKEN": TOKEN})
    run.wait()
    return Undisturbed(study, results_of(study), run.counted())


@pytest.fixture
def finished(undisturbed: Undisturbed, tmp_path: Path) -> Study:
    """A copy of that study, to be attacked."""
    folder = tmp_path / "study"
    subprocess.run(["cp", "-a", str(undisturbed.study.folder), str(folder)], check=True)  # with its times and links
    return Study(folder, copy.deepcopy(undisturbed.study.settings))
