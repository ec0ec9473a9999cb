"""Fetching from the hub with its own clients, and whatever goes wrong there as one message without tokens or signed addresses.

The client checks the size of a file only, so every file of a model is checked here by the hash that the hub names it by.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from langgeom.errors import UserError, chain_of, is_disk_full, without_passwords
from langgeom.files import check_free, sha256
from langgeom.hub import INDEX, PICKLES, SINGLE, TOKENIZER_FILES, write_listing

log = logging.getLogger(__name__)
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
CURE = "Something between here and the hub changes files, or a cache is damaged: use another network, or run again later."
AGAIN = "Run again: finished files are kept."
LOGIN = "make your token known with `hf auth login` or in HF_TOKEN"


class File(NamedTuple):
    """A file's size in bytes and its hash on the hub: a sha256, or git's own (sha1) for small files."""

    size: int
    digest: str


def fetch_model(repo: str, revision: str, out: Path, weights: bool = True) -> None:
    """Fetch safetensors, config and tokenizer of a model into the folder beside `out`, and write the listing `out`.

    Whole files that are there already are not fetched again, and files in the user's own cache of the hub are copied from it;
    in offline mode they come from there alone.

    Args:
        repo: owner/name.
        revision: the commit, 40 hexadecimal digits.
        out: the listing, `listing_path(...)`.
        weights: whether weights are needed; an untrained model needs none.

    Raises:
        UserError: the model cannot be fetched whole.
    """
    folder = out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.rglob("*.incomplete"):  # a killed run left them, and huggingface_hub never resumes them
        left.unlink()
    with hub_errors(repo, revision):
        files = _cached(repo, revision) if offline() else _listed(repo, revision)
        names = _needed(f"Model '{repo}' at commit {revision}", files, weights)
        check_free(sum(files[name].size for name in names if not (folder / name).is_file()), folder)
        wrong = _take(repo, revision, names, files, folder, fresh=False)
        if wrong:  # damaged here or in the user's cache: fetch once more, from the hub itself
            wrong = _take(repo, revision, list(wrong), files, folder, fresh=True)
        for name, digest in wrong.items():
            raise UserError(
                f"Model '{repo}': {name} is not the file of commit {revision}: its hash is {digest} instead of "
                f"{files[name].digest}. It was not kept.\n{CURE}"
            )
    digests = {name: files[name].digest for name in names}
    write_listing(out, repo, revision, {name: d if len(d) == 64 else sha256(folder / name) for name, d in digests.items()})


def _listed(repo: str, revision: str) -> dict[str, File]:
    """Return the files at the top of a repository on the hub."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    entries = [entry for entry in HfApi().list_repo_tree(repo, revision=revision) if isinstance(entry, RepoFile)]
    return {entry.path: File(entry.size, entry.lfs.sha256 if entry.lfs else entry.blob_id) for entry in entries}


def _cached(repo: str, revision: str) -> dict[str, File]:
    """Return the files of a repository in the user's own cache, whose blobs are named by their hashes."""
    place = _cache_folder(repo, revision)
    return {path.name: File(path.stat().st_size, path.resolve().name) for path in place.iterdir() if path.is_file()}


def _cache_folder(repo: str, revision: str) -> Path:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, "config.json", revision=revision)
    if not isinstance(found, str):
        raise FileNotFoundError(f"{repo} is not in the cache")
    return Path(found).parent


def _take(
    repo: str, revision: str, names: list[str], files: Mapping[str, File], folder: Path, *, fresh: bool
) -> dict[str, str]:
    """Bring files into a folder; return the hashes of those that are not the hub's, which are removed again."""
    from huggingface_hub import snapshot_download

    log.info("%s", ", ".join(names))
    if offline():
        for name in names:
            shutil.copyfile(_cache_folder(repo, revision) / name, folder / name)
    else:
        snapshot_download(repo, revision=revision, allow_patterns=names, local_dir=folder, force_download=fresh)
    found = {name: digest_of(folder / name, files[name].digest) for name in names}
    wrong = {name: digest for name, digest in found.items() if digest != files[name].digest}
    for name in wrong:
        (folder / name).unlink()
    return wrong


def digest_of(path: Path, like: str) -> str:
    """Return a file's hash, of the kind that `like` is: a sha256, or git's sha1."""
    if len(like) == 64:
        return sha256(path)
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _needed(where: str, files: Iterable[str], weights: bool) -> list[str]:
    """Return the names of the files that a model needs. UserError: no config.json, or no weights as safetensors."""
    names = sorted(files)
    listing = ", ".join(names[:20]) or "nothing"
    if "config.json" not in names:
        raise UserError(f"{where} has no config.json; found {listing}. Name the repository of a transformers model.")
    chosen = ["config.json", *(name for name in TOKENIZER_FILES if name in names)]
    if not weights:
        return chosen
    if SINGLE in names:
        return [*chosen, SINGLE]
    if INDEX in names:
        return [*chosen, INDEX, *filter(SHARD.fullmatch, names)]
    pickles = [name for name in names if name.endswith((*PICKLES, ".h5", ".msgpack"))]
    refused = f"{', '.join(pickles)} cannot be used: weights are read from safetensors only. " if pickles else ""
    raise UserError(
        f"{where} has no {SINGLE}; found {listing}.\n{refused}Pin a commit that has safetensors (often a pull request of the "
        "repository), or convert the model yourself and name its folder."
    )


def offline() -> bool:
    """Return True if the user keeps huggingface_hub off the network (HF_HUB_OFFLINE)."""
    from huggingface_hub import constants

    return constants.is_offline_mode()


@contextmanager
def hub_errors(repo: str, revision: str, kind: str = "model") -> Iterator[None]:
    """Turn any exception of a hub client into one `UserError`, and silence the clients' own messages.

    Their warnings quote signed addresses, and a signature is a key for as long as it lasts. `kind` is "model" or "dataset".
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
    for link in chain:
        if isinstance(link, errors.HfHubHTTPError):
            status = link.response.status_code
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
