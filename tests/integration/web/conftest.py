"""The newsroom whose web is tested."""

from __future__ import annotations

import collections.abc as cabc
import shutil
import typing as t
from pathlib import Path

import flask
import pytest

from consentkit.storage.unit_of_work import Database
from consentkit.testing import FrozenClock
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import runtime_of

MakeNewsroom: t.TypeAlias = cabc.Callable[..., Newsroom]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which the newsroom is published already: most tests start from a copy."""
    folder = tmp_path_factory.mktemp("published")
    newsroom = Newsroom(folder, f"sqlite:///{folder / 'published.db'}", FrozenClock())
    newsroom.close()
    return folder / "published.db"


@pytest.fixture
def make_newsroom(tmp_path: Path, sqlite_url: str, clock: FrozenClock, published: Path) -> cabc.Iterator[MakeNewsroom]:
    """Make a newsroom on SQLite, with settings of its own."""
    made: list[Newsroom] = []

    def make(**settings: t.Any) -> Newsroom:
        if settings.keys().isdisjoint({"database_url", "clock", "text"}):
            shutil.copy(published, tmp_path / "consentkit.db")
            # Its log has begun: the key belongs to it.
            shutil.copytree(published.with_suffix(".keys"), tmp_path / "consentkit.keys", dirs_exist_ok=True)
        newsroom = Newsroom(
            tmp_path, settings.pop("database_url", sqlite_url), settings.pop("clock", clock), **settings
        )
        made.append(newsroom)
        return newsroom

    yield make
    for newsroom in made:
        newsroom.close()


@pytest.fixture
def newsroom(make_newsroom: MakeNewsroom) -> Newsroom:
    """A newsroom on SQLite."""
    return make_newsroom()


@pytest.fixture
def app(newsroom: Newsroom) -> flask.Flask:
    """The application of the newsroom."""
    return newsroom.app


@pytest.fixture
def any_newsroom(make_newsroom: MakeNewsroom, database: Database, database_url: str) -> Newsroom:
    """A newsroom, once on each kind of database."""
    database.dispose()
    return make_newsroom(database_url=database_url)


@pytest.fixture
def reader(newsroom: Newsroom) -> Reader:
    """A reader of the newsroom who comes for the first time."""
    return Reader(newsroom)


@pytest.fixture
def any_reader(any_newsroom: Newsroom) -> Reader:
    """The same on each kind of database."""
    return Reader(any_newsroom)


@pytest.fixture
def second_process(newsroom: Newsroom) -> cabc.Iterator[Reader]:
    """Somebody whom another process of the same site serves."""
    app = newsroom.make_app()
    yield Reader(newsroom, app=app)
    runtime_of(app).database.dispose()
