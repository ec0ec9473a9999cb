"""FLORES+ from the hub (gated): a data set whose columns and texts are known here, aligned by id.

Open Language Data Initiative; after Goyal et al. (2022, TACL 10) and NLLB Team (2022).
"""

from __future__ import annotations

from typing import Any

from langgeom.corpora.hub import Hub
from langgeom.errors import UserError
from langgeom.files import DATA, read_tsv
from langgeom.hub import UNPINNED

DATASET = "openlanguagedata/flores_plus"
# The commit that workflow/data/flores_plus.tsv lists.
KNOWN = "5fec6c13f9e5a4db2f745d4ec0d7c9721ddc4f06"
TWI = "twi_Latn_akua1239 or twi_Latn_asan1239"
# Names of FLORES-200, and those of FLORES+.
RENAMED = {
    "zho_Hans": "cmn_Hans", "zho_Hant": "cmn_Hant", "tgl_Latn": "fil_Latn", "est_Latn": "ekk_Latn", "grn_Latn": "gug_Latn",
    "kon_Latn": "ktu_Latn", "tzm_Tfng": "zgh_Tfng", "aka_Latn": TWI, "twi_Latn": TWI,
    "ajp_Arab": "apc_Arab_sout3123", "apc_Arab": "apc_Arab_nort3139",
}  # fmt: skip


class FloresPlus(Hub):
    """FLORES+ at one commit."""

    schema = """
    flores_plus:
      description: FLORES+ from the hub; accept its terms there and make your token known first.
      type: object
      additionalProperties: false
      properties:
        revision: {$ref: "#/$defs/commit"}
        split:
          description: Which part of FLORES+.
          enum: [dev, devtest]
          default: devtest
    """

    def check(self) -> None:
        """Refuse a missing commit, and names of FLORES-200 that FLORES+ has changed."""
        if "revision" not in self.spec["flores_plus"]:
            raise UserError(f"flores_plus lacks 'revision', {UNPINNED}.")
        for text in self.spec["texts"]:
            if text in RENAMED:
                raise UserError(f"'{text}' is a name of FLORES-200; FLORES+ calls it {RENAMED[text]}.")

    def texts(self) -> list[str] | None:
        """Return the texts of the split at the known commit; None for another commit, which may have more."""
        chosen = self.spec["flores_plus"]
        if chosen["revision"] != KNOWN:
            return None
        return sorted(row["text"] for row in read_tsv(DATA / "flores_plus.tsv") if chosen["split"] in row["splits"].split(","))

    def request(self, text: str) -> dict[str, Any]:
        chosen = self.spec["flores_plus"]
        return {
            "dataset": DATASET, "revision": chosen["revision"], "config": "{text}", "split": chosen["split"],
            "text_column": "text", "id_column": "id", "document_column": "url",
        }  # fmt: skip
