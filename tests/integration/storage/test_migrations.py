from __future__ import annotations

import datetime as dt
import re
import typing as t
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from consentkit.storage import migrate
from consentkit.storage.base import Base
from consentkit.storage.unit_of_work import Database

#: Oldest first.
REVISIONS = list(ScriptDirectory.from_config(migrate.config()).walk_revisions())[::-1]

#: What a row holds, by the type of the column. The same in every table, so that references hold.
VALUES: dict[type, t.Any] = {
    bool: True,
    bytes: b"\x00\xff",
    dt.date: dt.date(2026, 11, 23),
    dt.datetime: dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC),
    int: 1,
    str: "0" * 32,
}


@pytest.fixture
def empty(database_url: str) -> t.Iterator[Database]:
    """A database without tables, once of each kind."""
    database = Database(database_url)
    yield database
    database.dispose()


def fill(database: Database) -> dict[str, int]:
    """Put a row into every empty table of ours and return how many rows each has."""
    metadata = sa.MetaData()
    metadata.reflect(database.engine, only=lambda name, _: name.startswith("consentkit_"))
    counts = {}
    with database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            if table.name == migrate.VERSION_TABLE:
                continue
            if connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0:
                connection.execute(table.insert().values({c.name: value_for(c) for c in table.columns}))
            counts[table.name] = connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    return counts


def value_for(column: sa.Column[t.Any]) -> object:
    """Return what a row has in that column."""
    kind = column.type.python_type
    return VALUES[kind] if kind in VALUES else kind(VALUES[str])


def differences(database: Database) -> list[t.Any]:
    """Return what the code expects and the database lacks, and the other way round."""
    options = {
        "version_table": migrate.VERSION_TABLE,
        "compare_type": True,
        "compare_server_default": True,
    }
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def test_migrations_build_what_the_code_expects(empty: Database) -> None:
    """Tables, columns, types, keys, indexes and comments; nothing is missing and nothing is left over."""
    migrate.upgrade(empty)
    assert differences(empty) == []


def test_each_migration_goes_up_down_and_up_with_rows(empty: Database) -> None:
    """Rows of the tables before it survive; the way down ends with nothing of ours."""
    before: dict[str, int] = {}
    for number, script in enumerate(REVISIONS):
        below = REVISIONS[number - 1].revision if number else "base"
        migrate.upgrade(empty, script.revision)
        filled = fill(empty)
        assert all(filled.values())
        migrate.downgrade(empty, below)
        migrate.upgrade(empty, script.revision)
        after = fill(empty)
        assert {name: after[name] for name in before if name in after} == {
            name: rows for name, rows in before.items() if name in after
        }
        assert migrate.current(empty) == script.revision
        before = after
    assert differences(empty) == []
    migrate.downgrade(empty, "base")
    assert fill(empty) == {}


def test_migrations_are_one_line() -> None:
    """No branches: there is always one way from any revision to the head."""
    assert [script.down_revision for script in REVISIONS] == [None, *(script.revision for script in REVISIONS[:-1])]


@pytest.mark.parametrize("script", REVISIONS, ids=lambda script: script.revision)
def test_a_migration_is_named_like_its_file(script: t.Any) -> None:
    """By its day, short enough for the version table, and importing nothing of the package."""
    path = Path(script.path)
    assert path.stem == script.revision
    assert re.fullmatch(r"20\d{6}_[a-z0-9_]+", script.revision)
    assert len(script.revision) <= 32
    assert "import consentkit" not in path.read_text(encoding="utf-8")
    assert "from consentkit" not in path.read_text(encoding="utf-8")
