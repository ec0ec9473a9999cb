"""Fetching a model's files from the hub at one commit: safetensors, config and tokenizer, nothing that could be run."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from langgeom.errors import UserError
from langgeom.files import sha256
from langgeom.hub.access import offline, reaching
from langgeom.hub.cached import File, fault_of, named
from langgeom.hub.listing import write_listing
from langgeom.models.prepare import TOKENIZER_FILES

__all__ = ["fetch_snapshot"]

log = logging.getLogger(__name__)

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"


def fetch_snapshot(repo: str, revision: str, out: Path, weights: bool = True) -> None:
    """Fetch what is needed of a model into the folder beside `out`, check it, and write the listing `out`.

    Files that are there and whole are not fetched again; those in the user's own cache of the hub are copied from it, which
    is also where they come from in offline mode.

    Args:
        repo: owner/name.
        revision: the commit, 40 hexadecimal digits.
        out: the listing, `listing_path(...)`.
        weights: whether weights are needed; an untrained twin needs none.

    Raises:
        UserError: whatever keeps the model from being fetched whole, and what to do.
    """
    folder = out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.rglob("*.incomplete"):  # of a killed run; huggingface_hub starts such a file anew
        left.unlink()
    with reaching(repo, revision):
        source = _Cache(repo, revision, folder) if offline() else _Hub(repo, revision, folder)
        names = _choose(repo, revision, source.files, source.take, weights)
        _check_space(repo, folder, (source.files[name].size for name in names if not (folder / name).is_file()))
        digests = {}
        for name in names:
            log.info("%s", name)
            digests[name] = sha256(source.take(name))
    write_listing(out, repo, revision, digests)


class _Hub:
    """A repository on the hub, at one commit."""

    def __init__(self, repo: str, revision: str, folder: Path) -> None:
        from huggingface_hub import HfApi

        self.repo, self.revision, self.folder = repo, revision, folder
        info = HfApi().model_info(repo, revision=revision, files_metadata=True)
        if info.sha != revision:
            raise UserError(
                f"Model '{repo}': the hub answers with commit {info.sha} when asked for {revision}. Pin a whole "
                "commit: `python -m langgeom.hub.pin YOUR.yaml` writes today's."
            )
        self.files = {
            found.rfilename: File(found.size, found.lfs.sha256 if found.lfs else None, found.blob_id)
            for found in info.siblings or []
        }

    def take(self, name: str) -> Path:
        """Fetch a file unless it is there, and return it when it is the one of this commit."""
        from huggingface_hub import hf_hub_download

        for again in (False, True):  # a file damaged here, or in the user's cache, is fetched once more
            path = Path(hf_hub_download(self.repo, name, revision=self.revision, local_dir=self.folder, force_download=again))
            if fault := fault_of(path, self.files[name]):
                path.unlink()
            else:
                return path
        raise UserError(
            f"Model '{self.repo}': {name} is not the file of commit {self.revision}: {fault}. It was not kept.\n"
            "Something between here and the hub changes files, or the hub's own copy is damaged: use another network, or run "
            "again later."
        )


class _Cache:
    """A repository in the user's own cache of the hub, at one commit; read, never written."""

    def __init__(self, repo: str, revision: str, folder: Path) -> None:
        from huggingface_hub import constants
        from huggingface_hub.file_download import repo_folder_name

        self.repo, self.folder = repo, folder
        self.place = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=repo, repo_type="model") / "snapshots" / revision
        if not self.place.is_dir():
            raise FileNotFoundError(self.place)
        self.files = {path.name: named(path) for path in self.place.iterdir() if path.is_file()}

    def take(self, name: str) -> Path:
        """Copy a file of the cache unless it is there, and return it when it is the one its name in the cache says."""
        path = self.folder / name
        if not path.is_file() or fault_of(path, self.files[name]):
            shutil.copyfile(self.place / name, path)
        if fault := fault_of(path, self.files[name]):
            path.unlink()
            raise UserError(f"Model '{self.repo}': {name} in the cache {self.place} is damaged: {fault}. Fetch it again.")
        return path


def _choose(repo: str, revision: str, files: Iterable[str], take: Callable[[str], Path], weights: bool) -> list[str]:
    """Return the names of the files that are needed.

    Raises:
        UserError: no config.json, no tokenizer, or no weights that are safetensors, with what there is.
    """
    found = sorted(name for name in files if "/" not in name)
    where, listing = f"Model '{repo}' at commit {revision}", ", ".join(found[:20]) or "nothing"
    if "config.json" not in found:
        raise UserError(f"{where} has no config.json; found {listing}. Name the repository of a model of transformers.")
    chosen = ["config.json", *(name for name in TOKENIZER_FILES if name in found)]
    if not weights:
        return chosen
    if SINGLE in found:
        return [*chosen, SINGLE]
    if INDEX not in found:
        pickled = [name for name in found if name.endswith((".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack"))]
        raise UserError(
            f"{where} has no {SINGLE}; found {listing}.\n"
            + (f"{', '.join(pickled)} cannot be used: weights are read from safetensors only. " if pickled else "")
            + "Pin a commit that has safetensors (often a pull request of the repository), or convert the model yourself and "
            "name its folder."
        )
    shards = sorted(set(json.loads(take(INDEX).read_text(encoding="utf-8"))["weight_map"].values()))
    if missing := [name for name in shards if name not in found]:
        raise UserError(f"{where} lacks {', '.join(missing[:3])}, which its {INDEX} names. Pin another commit.")
    return [*chosen, INDEX, *shards]


def _check_space(repo: str, folder: Path, sizes: Iterable[int | None]) -> None:
    needed, free = sum(size or 0 for size in sizes), shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"Model '{repo}' needs {needed / 1e9:.1f} GB more on the disk of {folder}, which has {free / 1e9:.1f} GB left. "
            "Free some space, or run in a folder of another disk."
        )
