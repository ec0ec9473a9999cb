"""The one exception meant for a person, and the wording its messages share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["UserError", "nearest"]


class UserError(Exception):
    """A mistake the user can mend: printed as its message alone, never as a traceback.

    The message names what was found, what is allowed and what to do, in one to three lines.
    """


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest allowed word, or an empty string when none is close."""
    close = difflib.get_close_matches(str(word), [str(a) for a in allowed], n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""
