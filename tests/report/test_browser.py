"""Chromium looks at the page: nothing is asked for or logged, and it can be read and used at any width."""

from __future__ import annotations

from pathlib import Path

import pytest

from browsing import Browser
from langgeom.figures.catalogue import FIGURES
from langgeom.findings import CONCLUSIONS
from report.made import HOSTILE, finding, manifest, plain


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run with all caveats of a small one, a long and hostile name among its models."""
    folder = tmp_path_factory.mktemp("report")
    world = plain()
    world.models = [manifest(HOSTILE), manifest("a-" + "long" * 30, parameters=10**8)]
    world.findings = [finding(int(name[1:]), "supported", model=HOSTILE) for name in CONCLUSIONS]
    for number, report in enumerate(world.texts.values()):
        report.update(lines=58, empty=number % 3, odd_counts_are_shown_too=number)
    world.page(folder)
    return folder / "report.html"


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_nothing_is_wider_than_the_page(browser: Browser, page: Path, width: int) -> None:
    browser.show(page, width=width)
    browser.js("for (const d of document.querySelectorAll('details')) d.open = true")
    wide = browser.js(
        "return [...document.querySelectorAll('main *')].filter((e) => e.getClientRects().length && !e.closest('.picture') && "
        "getComputedStyle(e).position !== 'absolute' && !e.closest('thead') && "
        "e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert wide == []
    assert browser.js("return document.documentElement.scrollWidth <= innerWidth")


def test_every_picture_is_drawn_and_nothing_runs(browser: Browser, page: Path) -> None:
    browser.show(page)
    drawn = "return [...document.images].filter((image) => image.complete && image.naturalWidth).length"
    assert browser.js(drawn) == len(FIGURES)
    assert browser.js("return window.hurt ?? null") is None


def test_keys_reach_links_pictures_and_details(browser: Browser, page: Path) -> None:
    from selenium.webdriver import ActionChains, Keys

    browser.show(page)
    tags = []
    for _ in range(28):
        ActionChains(browser.driver, duration=0).send_keys(Keys.TAB).perform()
        tags.append(browser.js("return document.activeElement.getAttribute('href')"))
        assert browser.js("return getComputedStyle(document.activeElement).outlineStyle !== 'none'")
    assert tags[0] == "#main" and {"#findings", "#figures", "explorer.html", "#C1", "#C14"} <= set(tags)
    assert browser.js("return [...document.querySelectorAll('a.picture')].length") == len(FIGURES)


def test_a_verdict_has_enough_contrast_and_its_own_shape(browser: Browser, page: Path) -> None:
    browser.show(page)
    for scheme, ground in (("dark", "rgb(23, 26, 32)"), ("light", "rgb(255, 255, 255)")):
        wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
        found = browser.js(
            "return [...document.querySelectorAll('.legend .verdict')].map((e) => [getComputedStyle(e).color, "
            "e.querySelector('svg').innerHTML, e.textContent])"
        )
        assert len({shape for _, shape, _ in found}) == len({word for *_, word in found}) == 5
        assert browser.js("return getComputedStyle(document.documentElement).backgroundColor") == ground
        for colour, *_ in found:
            assert contrast(colour, ground) >= 4.5


def contrast(*colours: str) -> float:
    """Return the contrast (WCAG 2) of two colours such as `rgb(1, 2, 3)`."""
    bright = []
    for colour in colours:
        shares = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        bright.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(bright) / min(bright)
