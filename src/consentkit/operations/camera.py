"""Pictures of pages, by a browser that is on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SECONDS = 60
_SIZE = "1280,800"


def find_browser() -> str | None:
    """Return the Chromium that ``$CHROMIUM`` names or that is on the path, or ``None``."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    return next(filter(None, map(shutil.which, _NAMES)), None)


def photograph(browser: str, page: str) -> bytes | None:
    """Return a picture of *page*, one HTML text, 1280 pixels wide, as PNG; ``None`` where the browser makes none.

    The page is of our own making and forbids itself scripts; the browser has a profile of its own and no network.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.png")
        source.write_text(page, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder}/profile",
            f"--window-size={_SIZE}",
            f"--screenshot={target}",
            source.as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium's sandbox does not start as root.
            command.insert(1, "--no-sandbox")
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)  # noqa: S603 - named by the operator
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError):
            return None
