"""What the attacks came to: counted by each test, printed as one table at the end (and written, for the docs)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["Tally"]


class Tally:
    """Counts by attack: tries, how many the program survived with the right result, how many it detected and named."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def __call__(self, attack: str, tries: int = 1, *, survived: int = 0, detected: int = 0) -> None:
        """Count tries of an attack; each must have been survived or detected."""
        assert survived + detected == tries, f"{attack}: {tries} tries, {survived} survived, {detected} detected"
        row = self.counts[attack]
        for place, number in enumerate((tries, survived, detected)):
            row[place] += number

    def add(self, counts: Mapping[str, Sequence[int]]) -> None:
        """Add what another has counted."""
        for attack, row in counts.items():
            for place, number in enumerate(row):
                self.counts[attack][place] += number

    def table(self) -> str:
        """Return the counts as a Markdown table, in alphabetical order."""
        lines = ["| attack | tries | survived | detected |", "|---|---|---|---|"]
        lines += [f"| {attack} | {' | '.join(map(str, row))} |" for attack, row in sorted(self.counts.items())]
        total = [sum(row[place] for row in self.counts.values()) for place in range(3)]
        return "\n".join([*lines, f"| **all** | {' | '.join(map(str, total))} |"])

    def write(self, page: Path) -> None:
        """Put the table between the marks in a page of the docs."""
        text = page.read_text(encoding="utf-8")
        before, mark, rest = text.partition("<!-- faults: begin, written by make test-faults -->\n")
        _, end, after = rest.partition("<!-- faults: end -->")
        assert mark and end, f"{page} has no marks for the table"
        page.write_text(f"{before}{mark}{self.table()}\n{end}{after}", encoding="utf-8")
