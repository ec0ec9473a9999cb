"""The one exception meant for a person, and the wording its messages share."""

from __future__ import annotations

import difflib
import errno
import os
import re
from collections.abc import Iterable, Iterator

__all__ = ["UserError", "chain_of", "is_disk_full", "nearest", "without_passwords"]


class UserError(Exception):
    """A mistake the user can mend: printed as its message alone, never as a traceback.

    The message names what was found, what is allowed and what to do, in one to three lines.
    """


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the closest allowed word, or an empty string when none is close."""
    close = difflib.get_close_matches(str(word), [str(a) for a in allowed], n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def without_passwords(text: str) -> str:
    """Return a text in which addresses name no user and no password: `https://me:pw@host` is `https://***@host`."""
    return re.sub(r"://[^/\s]*@", "://***@", text)


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from, innermost last."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_disk_full(error: BaseException) -> bool:
    """Whether a full disk, or a quota used up, is behind an error; libraries that write by themselves have no number of it."""
    full = {errno.ENOSPC: os.strerror(errno.ENOSPC), errno.EDQUOT: os.strerror(errno.EDQUOT)}
    return any(
        getattr(link, "errno", None) in full or any(words in str(link) for words in full.values()) for link in chain_of(error)
    )
