"""Errors of the hub's clients as one message each, without tokens, passwords or signed addresses."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from langgeom.errors import UserError, chain_of, is_disk_full, without_passwords

AGAIN = "Run again: finished files are kept."
LOGIN = "make your token known with `hf auth login` or in HF_TOKEN"


def offline() -> bool:
    """Return True if the user keeps huggingface_hub off the network (HF_HUB_OFFLINE)."""
    from huggingface_hub import constants

    return constants.is_offline_mode()


@contextmanager
def hub_errors(repo: str, revision: str, kind: str = "model") -> Iterator[None]:
    """Turn any exception of a hub client into one `UserError`, and silence the clients' own messages.

    Their warnings quote signed addresses, and a signature is a key for as long as it lasts. `repo` is owner/name, `revision`
    the commit or branch that is asked for, `kind` "model" or "dataset".
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import disable_progress_bars
    from huggingface_hub.utils.logging import set_verbosity

    constants.HF_HUB_DISABLE_TELEMETRY = True  # it would fetch a list, and keep it in the user's home
    set_verbosity(logging.CRITICAL)
    for name in ("httpx", "httpcore", "fsspec"):  # they log each address at INFO or DEBUG
        logging.getLogger(name).setLevel(logging.CRITICAL)
    disable_progress_bars()
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # a client raises whatever its own libraries raise
        raise UserError(_message(error, repo, revision, kind)) from None


def _message(error: Exception, repo: str, revision: str, kind: str) -> str:
    import httpx
    from huggingface_hub import constants, errors, get_token

    chain = list(chain_of(error))
    what = f"{'data set' if kind == 'dataset' else 'model'} '{repo}'"
    page = f"{redacted(constants.ENDPOINT)}/{'datasets/' if kind == 'dataset' else ''}{repo}"
    status = next((link.response.status_code for link in chain if isinstance(link, errors.HfHubHTTPError)), None)

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    if is_disk_full(error):
        return f"The disk is full: {what} does not fit. Free some space in the results folder. {AGAIN}"
    if offline() and caused_by(errors.OfflineModeIsEnabled, ConnectionError, FileNotFoundError):
        return (
            f"The {what} is not here, and HF_HUB_OFFLINE is set. Unset it, or run `snakemake --cores 4 corpora models` (with "
            "your --configfile behind it) where there is a network, and copy results/ here."
        )
    if caused_by(errors.GatedRepoError):
        account = " with the account of your token, which has no access" if get_token() else f", then {LOGIN}"
        return f"The {what} is gated: accept its terms on {page}{account}."
    if caused_by(errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError):
        private = "your token has no access to it" if get_token() else LOGIN
        return f"The hub has no {what} at revision {revision}. Check both on {page}; if it is private, {private}."
    if status is not None:
        reason = {401: f"it does not accept your token, {LOGIN}", 429: f"too many requests, wait or {LOGIN}"}
        default = f"check whether {page} opens in a browser, and whether a proxy answers for the hub"
        return f"The hub answers {status} for {what}: {reason.get(status, default)}. {AGAIN}"
    cause = next((link for link in chain if isinstance(link, httpx.TransportError)), chain[-1])
    details = f"{type(cause).__name__}: {redacted(str(cause))[:400]}"
    if caused_by(httpx.TransportError, errors.LocalEntryNotFoundError, ConnectionError):
        return f"The hub ({redacted(constants.ENDPOINT)}) cannot be reached ({details}). Check network and proxy. {AGAIN}"
    if "Consistency check failed" in details:  # quotes the end of a signed address
        return f"A file of {what} arrived cut off. {AGAIN}"
    return f"The {what} cannot be fetched ({details}). Check its names in the config on {page}. {AGAIN}"


def redacted(text: str) -> str:
    """Return a text on one line, without the token and without signatures and passwords in addresses."""
    from huggingface_hub import get_token

    text = without_passwords(re.sub(r"\?\S+", "?...", " ".join(text.split())))
    token = get_token()
    return text.replace(token, "***") if token else text
