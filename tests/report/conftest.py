"""Chromium to look at the page with."""

from browsing import browser, chromium  # noqa: F401 (fixtures)
