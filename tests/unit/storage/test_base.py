from __future__ import annotations

import pytest
import sqlalchemy as sa

from consentkit.storage.base import Base
from consentkit.storage.base import canonical_json
from consentkit.storage.unit_of_work import UnitOfWork

TABLES = sorted(Base.metadata.tables.values(), key=lambda table: table.name)


def test_the_unit_of_work_knows_all_tables() -> None:
    """Importing it is what puts every table into the metadata."""
    assert UnitOfWork is not None
    assert {"consentkit_records", "consentkit_nonces", "consentkit_notices"} <= set(Base.metadata.tables)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_carry_our_name_and_say_what_they_hold(table: sa.Table) -> None:
    """They stand beside a host's own, and whoever opens the database by hand finds a sentence at each column."""
    assert table.name.startswith("consentkit_")
    assert table.comment
    assert [column.name for column in table.columns if not column.comment] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_names_fit_into_postgresql(table: sa.Table) -> None:
    """Its names have 63 bytes; what is longer would be cut and then found missing."""
    names = [table.name, *(index.name for index in table.indexes), *(rule.name for rule in table.constraints)]
    assert all(name and len(str(name)) <= 63 for name in names)


def test_nothing_refers_to_records() -> None:
    """So the table can be partitioned by time."""
    referred = {key.column.table.name for table in TABLES for key in table.foreign_keys}
    assert "consentkit_records" not in referred


def test_equal_values_are_equal_json() -> None:
    """Whatever the order in which they were put together; letters stay letters."""
    assert canonical_json({"b": [True, None], "a": "қ"}) == canonical_json({"a": "қ", "b": [True, None]})
    assert canonical_json({"b": [True, None], "a": "қ"}) == '{"a":"қ","b":[true,null]}'
