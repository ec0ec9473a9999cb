"""Facts about languages: spot checks against what is generally known, and the shape of the whole file."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from langgeom.errors import UserError
from langgeom.files import DATA, read_tsv
from langgeom.languages import UNKNOWN, label, language, languages, script, scripts
from langgeom.names import TextName

ROOT = Path(__file__).resolve().parents[1]
WALS_IN_FLORES = [
    "arz", "tzm", "mya", "eus", "eng", "fij", "fin", "fra", "kat", "deu", "ell", "gug", "hau", "heb", "hin",
    "ind", "jpn", "khk", "kan", "kor", "plt", "mni", "cmn", "pes", "rus", "sag", "spa", "swh", "tgl", "tha",
    "tur", "vie", "yor", "zul",
]  # fmt: skip

# The texts of FLORES-200.
_FLORES_200 = """
ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn als_Latn amh_Ethi apc_Arab arb_Arab arb_Latn
ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn azb_Arab azj_Latn bak_Cyrl bam_Latn ban_Latn bel_Cyrl
bem_Latn ben_Beng bho_Deva bjn_Arab bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl cat_Latn ceb_Latn ces_Latn cjk_Latn
ckb_Arab crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn dyu_Latn dzo_Tibt ell_Grek eng_Latn epo_Latn est_Latn eus_Latn
ewe_Latn fao_Latn fij_Latn fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn gaz_Latn gla_Latn gle_Latn glg_Latn grn_Latn
guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn
ita_Latn jav_Latn jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor kaz_Cyrl kbp_Latn kea_Latn
khk_Cyrl khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kmr_Latn knc_Arab knc_Latn kon_Latn kor_Hang lao_Laoo lij_Latn
lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn lua_Latn lug_Latn luo_Latn lus_Latn lvs_Latn mag_Deva mai_Deva
mal_Mlym mar_Deva min_Arab min_Latn mkd_Cyrl mlt_Latn mni_Beng mos_Latn mri_Latn mya_Mymr nld_Latn nno_Latn nob_Latn
npi_Deva nso_Latn nus_Latn nya_Latn oci_Latn ory_Orya pag_Latn pan_Guru pap_Latn pbt_Arab pes_Arab plt_Latn pol_Latn
por_Latn prs_Arab quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Olck scn_Latn shn_Mymr sin_Sinh slk_Latn
slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn spa_Latn srd_Latn srp_Cyrl ssw_Latn sun_Latn swe_Latn swh_Latn
szl_Latn tam_Taml taq_Latn taq_Tfng tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi tpi_Latn tsn_Latn tso_Latn
tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab ukr_Cyrl umb_Latn urd_Arab uzn_Latn vec_Latn vie_Latn war_Latn
wol_Latn xho_Latn ydd_Hebr yor_Latn yue_Hant zho_Hans zho_Hant zsm_Latn zul_Latn
"""
FLORES_200 = _FLORES_200.split()
# Low-resource languages and their high-resource relatives: the pairs of closely related languages that FLORES-200 has.
PAIRS = """
spa-ast por-glg ita-vec ita-lmo ita-scn cat-oci fra-hat deu-ltz nld-lim ces-szl rus-bel dan-fao fin-est lvs-ltg tur-crh
tur-tuk ind-min ind-bjn hin-awa hin-bho hin-mag hin-mai arb-aeb pes-prs zho-yue
"""


def test_every_language_of_flores_is_known() -> None:
    assert len(FLORES_200) == len(set(FLORES_200)) == 204
    for text in FLORES_200:
        name = TextName.parse(text)
        known = language(name.lang)
        assert known.name != known.lang and UNKNOWN not in (known.family, known.genus), text
        assert name.script in known.scripts


def test_what_flores_plus_renamed_is_known_by_both_names() -> None:
    for old, new in (("zho", "cmn"), ("tgl", "fil"), ("est", "ekk"), ("grn", "gug"), ("tzm", "zgh"), ("aka", "twi")):
        assert language(old).family == language(new).family != UNKNOWN
    assert language("ktu").family != UNKNOWN and language("apc").family != UNKNOWN


def test_every_language_of_ntrex_is_known_with_its_scripts() -> None:
    for row in read_tsv(DATA / "ntrex.tsv"):
        name = TextName.parse(row["text"])
        assert language(name.lang).family != UNKNOWN and name.script in language(name.lang).scripts, row["text"]


def test_the_default_configs_languages_are_known() -> None:
    for corpus in yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["corpora"].values():
        for text in corpus.get("texts", []):
            name = TextName.parse(text)
            assert language(name.lang).family != UNKNOWN and name.script in language(name.lang).scripts


def test_a_language_has_one_line_and_its_cells_are_allowed() -> None:
    rows = read_tsv(DATA / "languages.tsv")
    assert len(rows) == len(languages()) and {row["wals100"] for row in rows} == {"yes", "no"}
    assert {row["resource"] for row in rows} <= {"", *"012345"}


def test_scripts_are_of_the_table_and_every_language_has_one() -> None:
    for known in languages().values():
        assert known.scripts and set(known.scripts) <= set(scripts()) and known.scripts == tuple(sorted(set(known.scripts)))


@pytest.mark.parametrize(
    ("lang", "resource"),
    [("eng", 5), ("arb", 5), ("arz", 3), ("cat", 4), ("hat", 2), ("yue", 1), ("awa", 0), ("als", 1), ("zul", 2), ("kea", None)],
)
def test_resource_classes(lang: str, resource: int | None) -> None:
    assert language(lang).resource == resource


def test_the_sample_is_walss() -> None:
    assert sorted(known.lang for known in languages().values() if known.wals100) == sorted(WALS_IN_FLORES)


@pytest.mark.parametrize(
    ("lang", "name", "family", "genus", "resource"),
    [
        ("eng", "English", "Indo-European", "Germanic", 5),
        ("tur", "Turkish", "Turkic", "Turkic", 4),
        ("fin", "Finnish", "Uralic", "Finnic", 4),
        ("zul", "Zulu", "Niger-Congo", "Bantu", 2),
        ("tha", "Thai", "Tai-Kadai", "Kam-Tai", 3),
        ("div", "Dhivehi", "Indo-European", "Indic", 1),
        ("hmn", "Hmong", "Hmong-Mien", "Hmongic", None),
        ("ton", "Tongan", "Austronesian", "Oceanic", 1),
        ("bho", "Bhojpuri", "Indo-European", "Indic", 1),
        ("mly", "Malay", "Austronesian", "Malayo-Sumbawan", None),
    ],
)
def test_known_languages(lang: str, name: str, family: str, genus: str, resource: int | None) -> None:
    known = language(lang)
    assert (known.name, known.family, known.genus, known.resource) == (name, family, genus, resource)


def test_related_pairs_name_known_languages_of_the_study() -> None:
    pairs = {(high, known.lang) for known in languages().values() for high in known.related}
    assert {tuple(pair.split("-")) for pair in PAIRS.split()} <= pairs
    for high, low in pairs:
        assert high in languages() and high != low
        # Except for the creole, which WALS counts to no family, relatives share a family.
        assert language(high).family == language(low).family or low == "hat"
        low_class, high_class = language(low).resource, language(high).resource
        assert high_class is not None and (low_class is None or low_class < high_class)


def test_the_unknown_falls_back_to_its_code() -> None:
    assert language("qaa") == ("qaa", "qaa", "unknown", "unknown", False, None, (), ())
    assert script("Zzzz") == ("Zzzz", "Zzzz", "ltr")


def test_scripts() -> None:
    assert {code for code, found in scripts().items() if found.direction == "rtl"} == {
        "Adlm",
        "Arab",
        "Hebr",
        "Nkoo",
        "Syrc",
        "Thaa",
    }
    assert script("Cyrl").name == "Cyrillic"


def test_labels_are_as_short_as_their_company_allows() -> None:
    among = ["fra_Latn", "uig_Latn", "uig_Arab", "cat_Latn_vale1252", "est_Latn", "qaa_Latn"]
    assert [label(text, among) for text in among] == [
        "French",
        "Uyghur (Latn)",
        "Uyghur (Arab)",
        "Catalan (vale1252)",
        "Estonian",
        "qaa",
    ]
    assert label("uig_Arab", []) == "Uyghur"
    assert label("uig_Arab", among, with_script=False) == "Uyghur"
    assert label("est_Latn", [*among, "ekk_Latn"]) == "Estonian (est)"
    with pytest.raises(UserError, match="eng-Latn"):
        label("eng-Latn", [])
