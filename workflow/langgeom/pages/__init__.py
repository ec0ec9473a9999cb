"""What the pages share: their look (`style.css`), their head (`page.html`), `html` to fill templates, and numbers in words."""

from __future__ import annotations


def many(number: int, thing: str) -> str:
    """Write "1 text", "22 texts"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def large(number: float) -> str:
    """Shorten a large number: 135 M, 1.2 B."""
    for unit, name in ((1e9, "B"), (1e6, "M")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:,.0f}"


def span(numbers: list[int]) -> str:
    """Write the range of numbers: "58", or "56 to 58"."""
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def duration(seconds: float) -> str:
    """Write seconds as 3.2 s, 2 min 11 s or 1 h 05 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60:,} h {minutes % 60:02d} min"


def memory(mebibytes: float) -> str:
    """Write MiB, or GiB from 1,024 MiB on."""
    return f"{mebibytes / 1024:.1f} GiB" if mebibytes >= 1024 else f"{mebibytes:.0f} MiB"
