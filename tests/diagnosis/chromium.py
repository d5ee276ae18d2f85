"""A Chromium for tests: found by its path, without a window, and kept from everything outside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str:
    """Where Chromium is. Raises `FileNotFoundError`, saying how to get one, where there is none."""
    for name in (os.environ.get("CHROMIUM") or "", *NAMES):
        if name and (found := shutil.which(name)):
            return found
    raise FileNotFoundError(f"no Chromium: none of {', '.join(NAMES)} is on the PATH; install one, or set CHROMIUM to its path")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium; it is closed in the end."""
    from playwright.sync_api import sync_playwright

    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium does not sandbox what root runs
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium_path(), args=[*QUIET, *sandbox])
        try:
            yield browser
        finally:
            browser.close()
