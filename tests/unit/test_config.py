"""The settings: read once, all that is wrong told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from consentkit.config import SETTINGS
from consentkit.config import Settings
from consentkit.errors import ConfigError

ROOT = Path("/srv/site")


def read(environ: dict[str, str] | None = None, **config: object) -> Settings:
    """The settings of an application."""
    return Settings.from_mapping(config, root=ROOT, instance=ROOT / "instance", environ=environ or {})


def wrong(environ: dict[str, str] | None = None, **config: object) -> str:
    """What is said of settings that cannot be used."""
    with pytest.raises(ConfigError) as caught:
        read(environ, **config)
    return str(caught.value)


def test_without_any_there_are_defaults() -> None:
    """An application needs none of them."""
    settings = read()
    assert settings.config == ROOT / "consentkit.toml"
    assert settings.database_url == f"sqlite:///{ROOT}/instance/consentkit.db"
    assert settings.url_prefix == "/consent"
    assert settings.admin is True
    assert settings.reload_seconds == 2


def test_other_peoples_settings_are_theirs() -> None:
    """Only what begins with our prefix is read."""
    assert read(SECRET_KEY="x", SQLALCHEMY_DATABASE_URI="y", CONSENT="z") == read()


def test_a_path_is_relative_to_the_application() -> None:
    """An absolute one stays."""
    assert read(CONSENTKIT_CONFIG="sites").config == ROOT / "sites"
    assert read(CONSENTKIT_CONFIG=Path("/etc/consentkit")).config == Path("/etc/consentkit")


def test_the_environment_fills_what_the_application_leaves() -> None:
    """And what the application says wins."""
    environ = {"CONSENTKIT_URL_PREFIX": "/env", "CONSENTKIT_ADMIN": "false", "CONSENTKIT_RELOAD_SECONDS": "7"}
    settings = read(environ, CONSENTKIT_URL_PREFIX="/app")
    assert (settings.url_prefix, settings.admin, settings.reload_seconds) == ("/app", False, 7)
    assert read(environ, CONSENTKIT_URL_PREFIX=None).url_prefix == "/env"
    assert read({"CONSENTKIT_URL_PREFIX": ""}).url_prefix == "/consent"


@pytest.mark.parametrize(("given", "taken"), [("/consent/", "/consent"), ("/a/b", "/a/b"), ("/c_1-2~", "/c_1-2~")])
def test_a_prefix_is_a_path(given: str, taken: str) -> None:
    """With a slash before it and none behind."""
    assert read(CONSENTKIT_URL_PREFIX=given).url_prefix == taken


@pytest.mark.parametrize("given", ["", "/", "consent", "//evil", "/a//b", "/a b", "/<x>", "/ж", "/a/../b", 1, True])
def test_what_is_no_path_is_refused(given: object) -> None:
    """It would be part of every address."""
    assert "'CONSENTKIT_URL_PREFIX'" in wrong(CONSENTKIT_URL_PREFIX=given)


@pytest.mark.parametrize("given", [True, "true", "1", "YES"])
def test_yes_has_several_words(given: object) -> None:
    """As environments write it."""
    assert read(CONSENTKIT_ADMIN=given).admin is True


@pytest.mark.parametrize("given", ["maybe", "", 1, 0, [], 1.0])
def test_neither_yes_nor_no_is_refused(given: object) -> None:
    """Nothing is guessed."""
    assert "expected true or false" in wrong(CONSENTKIT_ADMIN=given)


@pytest.mark.parametrize("given", [0, -1, 3601, True, "x", "1.5", 1.5, "", "30000"])
def test_a_number_has_its_bounds(given: object) -> None:
    """They are told."""
    assert "expected a whole number from 1 to 3600" in wrong(CONSENTKIT_RELOAD_SECONDS=given)


def test_an_unknown_setting_has_a_nearest_one() -> None:
    """A typing error is found at the start, not in a request."""
    assert "Did you mean 'CONSENTKIT_DATABASE_URL'?" in wrong(CONSENTKIT_DATABASE_URI="x")
    assert "The settings are:" in wrong(CONSENTKIT_WHATEVER_ONE_MIGHT_COME_TO_WISH_FOR="x")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """And the database's URL is never repeated: it holds a password."""
    said = wrong(CONSENTKIT_DATABASE_URL=b"postgresql://u:secret@h/d", CONSENTKIT_ADMIN="x", CONSENTKIT_X=1)
    assert len(said.splitlines()) == 3
    assert "secret" not in said


def test_every_setting_is_documented() -> None:
    """The reference is written from the table."""
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.name.startswith("CONSENTKIT_")
        assert setting.meaning.endswith(".")


def test_a_loader_of_users_is_a_callable_or_says_where_it_is() -> None:
    """Nothing else; whether it is there is seen when it is first asked."""
    assert read().admin_user_loader is None
    assert read(CONSENTKIT_ADMIN_USER_LOADER="").admin_user_loader is None
    for given in ("staff:load", "paper.staff:Users.load", print):
        assert read(CONSENTKIT_ADMIN_USER_LOADER=given).admin_user_loader == given
    for given in (
        "staff",
        "staff.load",
        ":load",
        "staff:",
        "staff:load()",
        "../staff:load",
        "a b:c",
        1,
        ["staff:load"],
    ):
        assert "module:name" in wrong(CONSENTKIT_ADMIN_USER_LOADER=given)
