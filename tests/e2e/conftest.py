"""What the browser tests share."""

from __future__ import annotations

import collections.abc as cabc
import os
import typing as t

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import expect
from playwright.sync_api import sync_playwright

from tests.e2e.chromium import ARGUMENTS
from tests.e2e.chromium import find_chromium
from tests.e2e.hosts import Pages
from tests.e2e.hosts import run_hosts
from tests.e2e.reader import PATIENCE
from tests.e2e.reader import Reader
from tests.e2e.servers import Demo
from tests.e2e.servers import run_demo

# A machine may be slow, or busy with other tests; what is right comes sooner.
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> cabc.Iterator[Browser]:
    """One Chromium for all tests of this process; each reader gets a profile of its own."""
    chromium = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.executable, env=chromium.environment, args=list(ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture
def reader(browser: Browser) -> cabc.Iterator[cabc.Callable[..., Reader]]:
    """Make readers; see :class:`Reader` for what may be told."""
    made: list[Reader] = []

    def make(**options: t.Any) -> Reader:
        made.append(Reader(browser, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> cabc.Iterator[Demo]:
    """The demo newsroom as anybody starts it, with its bundled stories and a database of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONSENTKIT_")}
    folder = tmp_path_factory.mktemp("demo")
    # In the folder of its output, where tests may put what takes days to come together.
    environment["CONSENTKIT_DATABASE_URL"] = f"sqlite:///{folder}/demo.db"
    with run_demo(folder, environment=environment) as running:
        yield running


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> cabc.Iterator[Pages]:
    """Pages of other houses, with the demo's notice in each layout."""
    with run_hosts(tmp_path_factory.mktemp("hosts")) as pages:
        yield pages
