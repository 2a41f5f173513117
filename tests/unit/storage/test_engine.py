from __future__ import annotations

import pytest

from consentkit.errors import ConfigError
from consentkit.storage.engine import make_engine

SECRET = "s3cret-of-mine"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        f"mysql://user:{SECRET}@host/name",
        f"postgresql+psycopg2://user:{SECRET}@host/name",
        f"sqlite+aiosqlite:///{SECRET}.db",
        f"postgresql://user:{SECRET}@host:port/name",
        f"://user:{SECRET}@host",
    ],
)
def test_urls_of_other_databases_are_refused(url: str) -> None:
    """The message names the setting and what is expected, and never repeats what may be a password."""
    with pytest.raises(ConfigError) as caught:
        make_engine(url)
    assert "CONSENTKIT_DATABASE_URL" in str(caught.value)
    assert "postgresql://" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:name?mode=memory&uri=true"])
def test_databases_in_memory_are_refused(url: str) -> None:
    """Evidence in memory is none."""
    with pytest.raises(ConfigError, match="in memory"):
        make_engine(url)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_common_spelling_of_postgresql_is_taken(scheme: str) -> None:
    """Hosting providers hand out both."""
    engine = make_engine(f"{scheme}://user:{SECRET}@host/name")
    assert engine.dialect.name == "postgresql"
    assert engine.driver == "psycopg"
    assert SECRET not in repr(engine)
