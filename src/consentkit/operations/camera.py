"""Pictures of pages, where a browser is at hand: Chromium, driven by Playwright, if both are on the machine."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import os
import shutil
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_MILLISECONDS = 30_000
_SIZE = (1280, 800)

Camera = cabc.Callable[[str], bytes | None]


def find_browser() -> str | None:
    """Return the Chromium that ``$CHROMIUM`` names or that is on the path, or ``None``."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextlib.contextmanager
def open_camera() -> cabc.Iterator[Camera | None]:
    """Give what makes a picture, as PNG, of a page that is one HTML text; ``None`` where nothing can.

    The picture is 1280 pixels wide and as high as the page. The browser runs no script and reaches no network: the
    page is what a reader of then saw, whatever it says.
    """
    browser_file = find_browser()
    try:
        from playwright import sync_api  # noqa: PLC0415  # an extra, and slow to load
    except ImportError:
        browser_file = None
    if browser_file is None:
        yield None
        return
    with sync_api.sync_playwright() as playwright:
        try:
            # Chromium's own sandbox does not start as root.
            root = hasattr(os, "geteuid") and os.geteuid() == 0
            browser = playwright.chromium.launch(executable_path=browser_file, chromium_sandbox=not root)
        except sync_api.Error:
            yield None
            return
        context = browser.new_context(
            viewport={"width": _SIZE[0], "height": _SIZE[1]}, java_script_enabled=False, offline=True
        )
        context.set_default_timeout(_MILLISECONDS)

        def photograph(page: str) -> bytes | None:
            tab = context.new_page()
            try:
                tab.set_content(page)
                return tab.screenshot(full_page=True)
            except sync_api.Error:
                return None
            finally:
                tab.close()

        yield photograph
        browser.close()
