"""Reaching the hub: what went wrong and what to do about it in one message, without a token in it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from langgeom.errors import UserError, chain_of, is_disk_full, without_passwords

__all__ = ["offline", "reaching", "redacted"]

AGAIN = "Run again: what has arrived is kept."


def offline() -> bool:
    """Whether the user keeps huggingface_hub from the network (HF_HUB_OFFLINE)."""
    from huggingface_hub import constants

    return constants.is_offline_mode()


@contextmanager
def reaching(repo: str, revision: str, kind: str = "model") -> Iterator[None]:
    """Turn whatever a client of the hub raises into one message, and keep the client's own chatter out of the log.

    Its warnings quote addresses that carry signatures; a signature is a key for as long as it lasts.

    Args:
        repo: owner/name.
        revision: the commit or branch that is asked for.
        kind: "model" or "dataset".

    Raises:
        UserError: what was found and what to do.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars
    from huggingface_hub.utils.logging import set_verbosity

    constants.HF_HUB_DISABLE_TELEMETRY = True  # else a list is fetched for it, and kept in the user's home
    set_verbosity(logging.CRITICAL)
    for name in ("httpx", "httpcore", "fsspec"):  # they log each address at INFO or DEBUG
        logging.getLogger(name).setLevel(logging.CRITICAL)
    disable_progress_bars()
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # a client of the network raises what its own libraries raise
        raise UserError(_explain(error, repo, revision, kind)) from None


def _explain(error: Exception, repo: str, revision: str, kind: str) -> str:
    import httpx
    from huggingface_hub import constants, errors, get_token

    chain = list(chain_of(error))
    what = f"{'Data set' if kind == 'dataset' else 'Model'} '{repo}'"
    page = f"{redacted(constants.ENDPOINT)}/{'datasets/' if kind == 'dataset' else ''}{repo}"
    tell = "make your token known with `hf auth login` or in HF_TOKEN"
    status = next((link.response.status_code for link in chain if isinstance(link, errors.HfHubHTTPError)), None)

    def met(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    if is_disk_full(error):
        return f"{what}: the disk is full. Free some space in the results folder. {AGAIN}"
    if offline() and met(errors.OfflineModeIsEnabled, ConnectionError, FileNotFoundError):
        return (
            f"{what} is not here, and HF_HUB_OFFLINE keeps this run from the hub. Unset it, or run `snakemake --cores 4 "
            "corpora models` (with your --configfile behind it) where there is a network, and bring results/ here."
        )
    if met(errors.GatedRepoError):
        if get_token() is None:
            return f"{what} is gated: accept its terms on {page}, then {tell}."
        return f"{what} is gated, and the account of your token has no access: accept its terms on {page} with that account."
    if met(errors.RevisionNotFoundError):
        return f"{what} has no commit {revision}. Its commits are on {page}/commits/main; put one into the config."
    if status == 401 and get_token() is not None and not met(errors.RepositoryNotFoundError):
        return f"The hub does not accept your token for {what}. Make a new one and {tell}, or log out with `hf auth logout`."
    if met(errors.RepositoryNotFoundError):
        private = "your token has no access to it" if get_token() else f"it needs a token; {tell}"
        return f"The hub has no {what[0].lower()}{what[1:]}; check the name in the config. If it is private, {private}."
    if met(errors.RemoteEntryNotFoundError):
        return f"{what} lacks a file that its listing names, at commit {revision}. Pin another commit."
    if status == 429:
        return f"The hub asks for a pause: too many requests. Wait some minutes. With a token more are allowed: {tell}. {AGAIN}"
    if status is not None:
        if status >= 500:
            return f"The hub answers {status} for {what}. {AGAIN}"
        return f"The hub refuses {what} with {status}. Check your token, and whether a proxy answers in its place: open {page}."
    if "Consistency check failed" in str(error):
        return f"{what}: a file arrived cut off. {AGAIN}"
    if met(httpx.TransportError, errors.LocalEntryNotFoundError, ConnectionError):
        cause = next((link for link in chain if isinstance(link, httpx.TransportError)), chain[-1])
        return f"The hub ({redacted(constants.ENDPOINT)}) cannot be reached ({_clean(cause)}). Check network and proxy. {AGAIN}"
    return f"{what} cannot be fetched from the hub: {_clean(error)}. Check whether {page} can be opened, and run again."


def _clean(error: BaseException) -> str:
    """Return the kind and the start of the text of an error, redacted."""
    text = redacted(str(error))
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def redacted(text: str) -> str:
    """Return a text on one line, without signatures and passwords of addresses and without the token."""
    from huggingface_hub import get_token

    text = without_passwords(re.sub(r"\?\S+", "?...", " ".join(text.split())))
    token = get_token()
    return text.replace(token, "***") if token else text
