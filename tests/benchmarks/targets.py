"""What the metrics' benchmark set out for, and the tables that hold what was reached."""

from __future__ import annotations

# What was set out to be reached; a reason stands where it cannot be.
SVD_REAL, SVD_FLAT, EXACT, SLOW, HALF, PRODUCT, FIRST, NEAR, STACK, GIBS = TARGETS = (
    "full SVD, float32, on real hidden layers: at least 100 times `anisotropy`",
    "full SVD, float32, on a flat Gaussian [1000, 3000]: at least 15 times",
    "relative error of `anisotropy`: at most 1e-6",
    "LLM-Microscope's TwoNN, n = 5,000, d = 768: at least 300 times `id_twonn`",
    "scikit-dimension's and DADApy's, n = 10,000: at least twice",
    "`id_twonn`, n = 10,000: at most 1.5 times the bare product X @ X.T",
    "`nearest`, d >= 100, k <= 20: at most 1.1 times the fastest other search, exact or not",
    "`nearest`, n >= 5,000, d >= 768, k = 20: at most 1.3 times the bare product X @ X.T",
    "all layers of a stack [19, 2048, 640] in one call: faster than a loop of calls",
    "memory at n = 50,000, d = 3,072: under 4 GiB",
)
WHY = {
    SVD_REAL: "No method can at this size: to widen, centre and sum up the points and go through them once (rows `one step`) "
    "takes about a 40th of a full SVD and a third of `anisotropy`, which goes through them until the error is bounded. The "
    "larger the layer, the larger the ratio: see the made-up one of the size of Phi-3.5-mini's.",
    FIRST: "Up to n = 2,000, and in 100 dimensions, to measure the candidates in float64 and to order them takes a sixth "
    "to a third of the time, and to choose them as long again: faiss-cpu returns distances of float32 products (see what these "
    "get wrong).",
    STACK: "Layers share nothing with each other, so of one metric alone a stack takes what its loop does, but for noise; "
    "metrics share neighbours and centred points, and there one call gains.",
}


class Table:
    """Rows of Markdown under a heading, and what they come to for each target."""

    def __init__(self, title: str, *columns: str) -> None:
        self.lines = [f"## {title}", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
        self.below: list[str] = []
        self.reached: list[tuple[str, float, bool]] = []

    def reach(self, target: str, found: float, met: bool) -> None:
        """Keep what one row comes to for a target."""
        self.reached.append((target, found, met))

    def add(self, *cells: str) -> None:
        """Add a row, and show it."""
        self.lines.append(f"| {' | '.join(cells)} |")
        print(self.lines[-1], flush=True)

    def join(self, other: Table) -> None:
        """Take over the rows of a table with the same heading."""
        self.lines += other.lines[4:]
        self.reached += other.reached

    def say(self, text: str) -> None:
        """Add a line below the rows."""
        self.below += ["", text]
        print(text, flush=True)


def targets(tables: list[Table]) -> Table:
    """List the targets with what was reached, at worst and at best where several rows bear on one."""
    found = Table("What was set out for, and what was reached", "target", "reached", "met", "why not")
    for target in TARGETS:
        rows = [(value, met) for table in tables for name, value, met in table.reached if name == target]
        if not rows:
            found.add(target, "not measured in this run", "", "")
            continue
        values = sorted({f"{value:.0f}" if value >= 100 else f"{value:.2g}": value for value, _ in rows}.items(),
                        key=lambda item: item[1])  # fmt: skip
        said = values[0][0] if len(values) == 1 else f"{values[0][0]} to {values[-1][0]}"
        met = sum(met for _, met in rows)
        how = "yes" if met == len(rows) else "no" if not met else f"in {met} of {len(rows)}"
        found.add(target, said, how, "" if met == len(rows) else WHY.get(target, ""))
    return found
