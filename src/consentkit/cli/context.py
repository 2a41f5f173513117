"""What commands share: the settings, the store and the sites, of the Flask application or of the environment."""

from __future__ import annotations

from pathlib import Path

import click
import flask
from flask.cli import NoAppException
from flask.cli import ScriptInfo

from ..config import Settings
from ..consent.load import load_sites as load_from_files
from ..consent.site import Site
from ..cookies.attributes import OWN_COOKIES
from ..i18n.locales import KNOWN_LOCALES
from ..notice.texts import TEXTS
from ..runtime import Runtime
from ..runtime import protected_names
from ..storage import migrate
from ..storage.unit_of_work import Database


def open_settings() -> Settings:
    """Return the settings of the current application, else those of the environment.

    :raises ConfigError: a setting is wrong.
    """
    runtime = _runtime()
    if runtime is not None:
        return runtime.settings
    here = Path.cwd()
    return Settings.from_mapping({}, root=here, instance=here / "instance")


def open_database(*, ready: bool = True) -> Database:
    """Return the store. Its connections are closed when the command ends.

    :param ready: whether its tables must be there; ``False`` for what makes them.
    :raises StoreUnavailable: it is not reachable, or not migrated.
    """
    runtime = _runtime()
    database = runtime.database if runtime is not None else Database(open_settings().database_url)
    command = click.get_current_context(silent=True)
    if command is not None:
        command.call_on_close(database.dispose)
    if ready:
        migrate.ensure_ready(database)
    return database


def load_sites() -> dict[str, tuple[Site, Path]]:
    """Return the sites and the folders of their files.

    :raises ConfigError: a file is wrong.
    """
    loaded = load_from_files(open_settings().config, text_keys=TEXTS.keys(), locales=KNOWN_LOCALES)
    return {name: (entry.site, entry.folder) for name, entry in loaded.items()}


def protected_cookies() -> frozenset[str]:
    """Return the cookies that are never withheld. Without an application its session has Flask's usual name."""
    _enter_application()
    return protected_names(flask.current_app) if flask.has_app_context() else OWN_COOKIES | {"session"}


def _runtime() -> Runtime | None:
    _enter_application()
    if not flask.has_app_context():
        return None
    runtime = flask.current_app.extensions.get("consentkit")
    return runtime if isinstance(runtime, Runtime) else None


def _enter_application() -> None:
    """Under 'flask consentkit', enter the application's context.

    Flask does so for the commands that an application adds, but not for those of installed packages, which it finds
    first: they also work where there is no application yet.
    """
    command = click.get_current_context(silent=True)
    script = command.find_object(ScriptInfo) if command is not None else None
    if command is None or script is None or flask.has_app_context():
        return
    try:
        app = script.load_app()
    except NoAppException:
        return
    command.with_resource(app.app_context())
