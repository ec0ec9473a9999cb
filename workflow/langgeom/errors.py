"""The one exception meant for a person, and what its messages share."""

from __future__ import annotations

import difflib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A mistake that the user can correct, printed as its message alone: what was found, what is allowed and what to do."""


@contextmanager
def at(where: str) -> Iterator[None]:
    """Put a place, such as a key of the config or a text, before the message of a UserError."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` with the closest allowed word, or "" if none is close."""
    close = difflib.get_close_matches(str(word), [str(a) for a in allowed], n=1, cutoff=0.5)
    return f" Did you mean '{close[0]}'?" if close else ""


def without_passwords(text: str) -> str:
    """Remove user and password from the addresses in a text: `https://me:pw@host` becomes `https://***@host`."""
    return re.sub(r"://[^/\s]*@", "://***@", text)


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors that caused it, innermost last."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def is_disk_full(error: BaseException) -> bool:
    """Return True if a full disk or an exceeded quota caused the error.

    Some libraries raise without an errno, so messages are matched too.
    """
    full = {errno.ENOSPC: os.strerror(errno.ENOSPC), errno.EDQUOT: os.strerror(errno.EDQUOT)}
    return any(
        getattr(link, "errno", None) in full or any(words in str(link) for words in full.values()) for link in chain_of(error)
    )
