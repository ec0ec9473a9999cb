"""Why a picture shows nothing: how that stands in its SVG, and how the report finds it there."""

from __future__ import annotations

from xml.etree import ElementTree

__all__ = ["metadata", "reason_of"]

# Of the Dublin Core, which matplotlib writes into an SVG's metadata.
DESCRIPTION = "{http://purl.org/dc/elements/1.1/}description"


def metadata(reason: str) -> dict[str, str | None]:
    """Return what matplotlib is to write into the metadata of an SVG: no date, and why nothing is drawn, if so."""
    return {"Date": None, "Creator": None, **({"Description": reason} if reason else {})}


def reason_of(svg: bytes) -> str:
    """Return why an SVG shows nothing, "" where it shows something.

    Raises:
        ValueError: it is no SVG.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    if root.tag != "{http://www.w3.org/2000/svg}svg":
        raise ValueError(f"its root is {root.tag}")
    found = root.find(f".//{DESCRIPTION}")
    return (found.text or "").strip() if found is not None else ""
