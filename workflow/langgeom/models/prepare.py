"""Files of a model's folder: which are taken, what is refused in them, and what is completed."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgeom.errors import UserError, nearest
from langgeom.files import write_json
from langgeom.hub import INDEX, PICKLES, SINGLE, TOKENIZER_FILES, read_listing

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LANGUAGE = re.compile(r"_*[a-z]{2,3}(_[A-Za-z]{2,4})?_*")  # as eng_Latn, en_XX, __en__


@contextmanager
def quiet() -> Iterator[None]:
    """Import transformers without progress bars and with errors only, and restore its settings afterwards."""
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    from transformers.utils import logging as hf_logging

    level, bar = hf_logging.get_verbosity(), hf_logging.is_progress_bar_enabled()
    hf_logging.set_verbosity(logging.ERROR)
    hf_logging.disable_progress_bar()
    try:
        yield
    finally:
        hf_logging.set_verbosity(level)
        if bar:
            hf_logging.enable_progress_bar()


def take_folder(source: Path, folder: Path) -> None:
    """Check a model's folder and copy what is needed of it into `folder`. UserError: see `check_folder`."""
    check_folder(source)
    weights = weight_files(source)
    for path in (*weights, *(source / file for file in ("config.json", INDEX, *TOKENIZER_FILES))):
        if path.is_file() and not (path.name == INDEX and (source / SINGLE) in weights):
            shutil.copyfile(path, folder / path.name)  # a link would let a later edit of the user's change what was measured
    complete_tokenizer(source, folder)


def weight_files(folder: Path) -> list[Path]:
    """Return the safetensors files that `from_pretrained` reads: one, or those of the index; others may lie beside them."""
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if (folder / INDEX).is_file():
        return sorted({folder / file for file in _indexed(folder)})
    return sorted(folder.glob("*.safetensors"))


def _indexed(folder: Path) -> list[str]:
    """Return the files that the index of a folder names, none if it is damaged."""
    named = read_config(folder, INDEX).get("weight_map")
    return list(map(str, named.values())) if isinstance(named, dict) else []


def check_folder(source: Path, weights: bool = True) -> None:
    """Refuse a folder that `from_pretrained` could read only in part, only by running its code, or only through pickle.

    Raises:
        UserError: no such folder, no config.json, code to run, no tokenizer; where `weights` are needed, no safetensors or not
            those of the index.
    """
    if not source.is_dir():
        raise UserError(f"there is no folder {source}. Give the path of a model's folder.")
    found = _found(source)
    for file in ("config.json", "tokenizer_config.json"):
        if "auto_map" in read_config(source, file):
            raise UserError(
                f"{file} in {source} has 'auto_map', so the model is code of its own; code in model folders is never run.\n"
                "Use a model of an architecture that transformers has; if it has this one, remove 'auto_map'."
            )
    if kernel := _kernel(read_config(source)):
        raise UserError(
            f"config.json in {source} names '{kernel}' for its attention; that is code of a hub's repository, "
            "which is never run. Remove it: transformers has its own."
        )
    if weights and not any(file.endswith(".safetensors") for file in found):
        pickled = ", ".join(file for file in found if file.endswith(PICKLES))
        cure = "Save the model with save_pretrained."
        if pickled:
            cure = (
                f"{pickled} are pickles, which can run code when they are read: convert them with save_pretrained in an "
                "environment you trust."
            )
        raise UserError(f"{source} has no *.safetensors; found {', '.join(found[:20]) or 'nothing'}.\n{cure}")
    if weights and INDEX in found:
        outside = sorted(set(_indexed(source) or ["nothing"]) - set(found))
        if outside:
            raise UserError(
                f"{source / INDEX} names {', '.join(outside[:3])}, which is no file of that folder. "
                "Save the model again, or fetch all of it."
            )
    if not any(file in TOKENIZER_FILES and file not in ("tokenizer_config.json", "special_tokens_map.json") for file in found):
        raise UserError(
            f"{source} has no tokenizer; found {', '.join(found[:20])}.\nSave it there: tokenizer.save_pretrained(folder)."
        )


def _found(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _kernel(config: dict[str, Any]) -> str:
    """Return the repository that a config, or one in it, takes an implementation from, or "": owner/name."""
    for key, value in config.items():
        if isinstance(value, dict):
            if found := _kernel(value):
                return found
        elif key.endswith(("_implementation", "_implementation_internal")) and "/" in str(value):
            return str(value)
    return ""


def read_config(source: Path, file: str = "config.json") -> dict[str, Any]:
    """Return the settings in a folder's config.json, or in another of its JSON files, which may be missing.

    Raises:
        UserError: config.json is missing, or the file is not JSON.
    """
    path = source / file
    if not path.is_file():
        if file != "config.json":
            return {}
        found = ", ".join(_found(source)[:20]) or "nothing"
        raise UserError(f"{source} has no config.json; found {found}. Give a model's own folder.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is not JSON ({error}). Save or fetch the model again.") from error
    if not isinstance(config, dict):
        raise UserError(f"{path} holds no settings but {type(config).__name__}. Save or fetch it again.")
    return config


def auto_config(folder: Path) -> Any:
    """Return config.json as transformers reads it. UserError: it cannot."""
    with quiet():
        from transformers import AutoConfig

        try:
            return AutoConfig.from_pretrained(folder)
        except Exception as error:  # whatever it meets in a user's file
            raise UserError(f"transformers cannot read its config.json ({error}). Save it again.") from error


def place_download(listing: Path, folder: Path) -> None:
    """Put the files of a listing into a folder, without what names code in them where transformers has the architecture.

    Weights are links to the download, which nothing writes to again: they would else take their place twice.
    """
    for path in read_listing(listing):
        target = folder / path.name
        if path.suffix == ".safetensors":
            with suppress(OSError):  # a file system without hard links
                os.link(path, target)
        if not target.exists():
            shutil.copyfile(path, target)
    with quiet():
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    config = read_config(folder)
    if config.get("model_type") in CONFIG_MAPPING_NAMES:
        _drop_code(folder / "config.json", config)
    if (folder / "tokenizer.json").is_file():  # it is the tokenizer; no class of its own is needed
        _drop_code(folder / "tokenizer_config.json", read_config(folder, "tokenizer_config.json"))


def _drop_code(path: Path, settings: dict[str, object]) -> None:
    if settings.pop("auto_map", None) is not None:
        path.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def tidy(folder: Path) -> None:
    """Drop settings of text generation and names of places from a saved model, and let others read its weights."""
    (folder / "generation_config.json").unlink(missing_ok=True)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for key in ("_name_or_path", "_model_name_or_path", "quantization_config"):
        config.pop(key, None)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)


def complete_tokenizer(source: Path, folder: Path) -> None:
    """Write tokenizer.json into `folder` when `source` has a tokenizer of another format only.

    Raises:
        UserError: transformers cannot make a fast tokenizer of it.
    """
    path = folder / "tokenizer.json"
    if path.exists():
        return
    with quiet():
        from transformers import AutoTokenizer

        try:
            AutoTokenizer.from_pretrained(source, trust_remote_code=False).backend_tokenizer.save(str(path))
        except Exception as error:  # whatever a converter meets in a user's file
            raise UserError(
                f"the tokenizer in {source} cannot be converted to tokenizer.json ({error}).\n"
                "Save a fast tokenizer there: AutoTokenizer.from_pretrained(...).save_pretrained(folder)."
            ) from error


def finish_tokenizer(folder: Path, begin: str | None = None, language: Mapping[str, str] | None = None) -> list[str]:
    """Make every stage, and transformers in the harness, run a folder's tokenizer.json as it is, with what the config adds.

    A class named in tokenizer_config.json may rebuild the tokenizer after its own rules, and cut text otherwise. Of the tokens
    that are put around every sentence, the one that names its language is written down for `TextTokenizer`.

    Args:
        begin: a special token to put before every sequence. Decoders trained on documents that one separates, and whose
            tokenizer adds none, turn some of the first tokens of a bare sentence into attention sinks, with norms a hundred
            times those of the others; the token takes that upon itself.
        language: the token of each text whose name is not its token; None: as it is written there.

    Returns:
        What a reader should look at, a sentence each.

    Raises:
        UserError: a token is none of its special ones, it puts tokens around sequences already, or no language is named.
    """
    from tokenizers import Tokenizer

    path, settings, noticed = folder / "tokenizer.json", read_config(folder, "tokenizer_config.json"), list[str]()
    tokenizer = Tokenizer.from_file(str(path))
    special = sorted(token.content for token in tokenizer.get_added_tokens_decoder().values() if token.special)
    if begin is not None:
        if begin not in special:
            raise UserError(f"begin is '{begin}', which is no special token of its tokenizer; those are: {', '.join(special)}.")
        if tokenizer.num_special_tokens_to_add(False):
            raise UserError("its tokenizer puts special tokens around every sentence already; remove `begin`.")
        put_around(tokenizer, begin)
        tokenizer.save(str(path), pretty=False)
    asked, bos = settings.pop("add_bos_token", False), settings.get("bos_token")
    if asked and not tokenizer.num_special_tokens_to_add(False):
        token = bos.get("content") if isinstance(bos, dict) else bos
        noticed.append(
            f"its tokenizer_config.json asks for {token} before every sequence, which its tokenizer.json does not put: set "
            f"`begin: {token}` for this model if it was trained so"
        )
    for key in ("add_eos_token", "add_prefix_space"):
        settings.pop(key, None)
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    around = tokenizer.encode("").tokens
    put = next((token for token in around if LANGUAGE.fullmatch(token)), None)
    if put is None and language is not None:
        raise UserError("its tokenizer names no language; remove `language`.")
    for text, token in (language or {}).items():
        if token not in special:
            raise UserError(f"language.{text} is '{token}', no special token of its tokenizer.{nearest(token, special)}")
    if put is not None:
        settings["language_token"] = put
        settings["languages"] = settings.get("languages", {}) if language is None else dict(language)
        if put != around[0]:
            noticed.append(
                f"its tokenizer.json puts {put} behind a sentence, as mBART wants it; NLLB wants it before, so save that one's "
                "tokenizer again by today's transformers"
            )
    write_json(folder / "tokenizer_config.json", settings)
    return noticed


def put_around(tokenizer: Tokenizer, first: str | None, last: str | None = None) -> None:
    """Make a tokenizer put a token before every sequence, behind it, or both."""
    from tokenizers import processors

    ends = dict.fromkeys(token for token in (first, last) if token)
    if ends:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=" ".join(part for part in (first, "$A", last) if part),
            special_tokens=[(token, tokenizer.token_to_id(token)) for token in ends],
        )
