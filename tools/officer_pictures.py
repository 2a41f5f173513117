"""Walks an officer's morning through the demo, in Russian, and keeps a picture of each step in docs/pictures/.

    python -m tools.officer_pictures

Needs what the browser tests need. Whatever the guide says is to be seen is looked for: a page without it ends the walk.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
import typing as t
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Page
from playwright.sync_api import expect
from playwright.sync_api import sync_playwright

from tests.e2e.chromium import ARGUMENTS
from tests.e2e.chromium import find_chromium

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
PORT = 8652
HOME = f"http://127.0.0.1:{PORT}"
ADMIN = f"{HOME}/consent/admin"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# A decision is in a checkpoint within ten seconds.
_SEALED = 12_000


@contextlib.contextmanager
def demo() -> t.Iterator[tuple[str, str]]:
    """Run the demo with a database of its own, and give its officer's address and password."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        environment = {**os.environ, "CONSENTKIT_DATABASE_URL": f"sqlite:///{folder}/demo.db"}
        with output.open("wb") as file:
            command = [sys.executable, "-m", "consentkit.console", "demo", "--port", str(PORT)]
            process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)  # noqa: S603 - our own
        try:
            for _ in range(240):
                with contextlib.suppress(urllib.error.URLError, OSError):
                    urllib.request.urlopen(f"{HOME}/consent/healthz", timeout=1).close()  # noqa: S310 - of loopback
                    break
                time.sleep(0.25)
            printed = re.search(r"(\S+@\S+), password (\S+)", output.read_text("utf-8"))
            if printed is None:
                raise SystemExit("The demo printed no password.")
            yield printed[1], printed[2]
        finally:
            process.terminate()
            process.wait(timeout=20)


def keep(page: Page, name: str) -> None:
    """Keep a picture of what the window shows."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")


def decide(page: Page) -> str:
    """Agree as a reader, and return the record's id."""
    page.goto(f"{HOME}/")
    with page.expect_response(lambda answer: "/decisions" in answer.url) as answered:
        page.locator('[value="accept_all"], [data-action="accept_all"]').first.click()
    return str(answered.value.json()["record_id"])


def sign_in(page: Page, who: tuple[str, str]) -> None:
    """Sign in, by keyboard."""
    page.goto(f"{ADMIN}/")
    page.locator("input[name=email]").fill(who[0])
    page.locator("input[name=password]").fill(who[1])
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")


def walk(page: Page, record: str) -> None:
    """The morning, step by step."""
    page.goto(f"{ADMIN}/")
    expect(page.locator("figure svg").first).to_be_visible()
    keep(page, "officer-overview")
    page.goto(f"{ADMIN}/records?action=reject_all&locale=kk")
    expect(page.locator("table.records tbody tr").first).to_be_visible()
    keep(page, "officer-records")
    page.goto(f"{ADMIN}/find")
    page.locator("[name=what]").fill(record)
    keep(page, "officer-find")
    page.locator("[name=what]").press("Enter")
    page.wait_for_url("**/records/**")
    expect(page.locator("[data-proof] .granted")).to_have_count(3)
    keep(page, "officer-record")
    page.locator("#place").scroll_into_view_if_needed()
    page.evaluate("document.getElementById('place').scrollIntoView()")
    keep(page, "officer-proof")
    page.goto(f"{ADMIN}/log")
    expect(page.locator('a[href*="audit-pack"], form[action*="audit-pack"]').first).to_be_attached()
    keep(page, "officer-log")
    page.goto(f"{ADMIN}/people")
    page.locator("input[name=email]").fill("colleague@steppe-herald.example")
    page.locator("input[name=email]").press("Enter")
    expect(page.get_by_text("/consent/admin/invitations/")).to_have_count(1)
    # The picture is for everybody; the link is for one.
    page.goto(f"{ADMIN}/people")
    keep(page, "officer-people")
    page.goto(f"{ADMIN}/access")
    expect(page.locator("table.records tbody tr").first).to_be_visible()
    keep(page, "officer-access")


def main() -> None:
    """Walk, at a desk, and look at two of the pages on a telephone."""
    PICTURES.mkdir(exist_ok=True)
    chromium = find_chromium()
    with demo() as who, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium.executable), env=t.cast("t.Any", chromium.environment), args=ARGUMENTS
        )
        record = decide(browser.new_page(viewport=t.cast("t.Any", PHONE), locale="ru-RU"))
        for name, size in (("desk", DESK), ("phone", PHONE)):
            context = browser.new_context(viewport=t.cast("t.Any", size), locale="ru-RU", timezone_id="Asia/Almaty")
            page = context.new_page()
            sign_in(page, who)
            if name == "desk":
                page.wait_for_timeout(_SEALED)
                walk(page, record)
            else:
                keep(page, "officer-overview-phone")
                page.goto(f"{ADMIN}/records/{record}")
                keep(page, "officer-record-phone")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
