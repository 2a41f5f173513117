"""The settings: every ``CONSENTKIT_*`` key, with its default and its meaning, in one table.

They say what differs from one deployment to the next. What differs from one site to the next stands in the site's own
file (:mod:`consentkit.consent.site`); what is code (which locale a page has, which nonce) is an argument of
:class:`~consentkit.extension.ConsentKit`.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import difflib
import os
import re
import typing as t
from pathlib import Path

from .errors import ConfigError
from .errors import Problem

_PREFIX = "CONSENTKIT_"
_SEGMENT = re.compile(r"[A-Za-z0-9_~-]+")
_CALLABLE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
_WRITER = re.compile(r"auto|worker")
_URL_PREFIX = re.compile(r"/[A-Za-z0-9_~-]+(/[A-Za-z0-9_~-]+)*")


#: Gets the request, returns the application's user: an object or a mapping with ``email`` and ``grants``, or ``None``.
UserLoader: t.TypeAlias = cabc.Callable[[t.Any], object]


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table.

    :param name: the key. :param kind: ``str``, ``path``, ``bool`` or ``int``. :param default: as it is documented.
    :param meaning: one sentence.
    """

    name: str
    kind: str
    default: str
    meaning: str


#: Every key there is. The reference is generated from this table.
SETTINGS = (
    Setting(
        "CONSENTKIT_CONFIG",
        "path",
        "consentkit.toml",
        "A site's TOML file, or a folder with one for each site; relative to the application's root.",
    ),
    Setting(
        "CONSENTKIT_DATABASE_URL",
        "str",
        "sqlite:///<instance folder>/consentkit.db",
        "Where records are kept: `sqlite:////path/to/file.db` or `postgresql://user:password@host/name`.",
    ),
    Setting("CONSENTKIT_URL_PREFIX", "str", "/consent", "Where the blueprint is mounted."),
    Setting(
        "CONSENTKIT_ASSETS_PATH",
        "str",
        "static",
        "The segment under the prefix that the widget's files have in their addresses. Another one than the default "
        "escapes a filter list that has learnt it.",
    ),
    Setting("CONSENTKIT_ADMIN", "bool", "true", "Whether the audit view is mounted, under `admin/`."),
    Setting(
        "CONSENTKIT_ADMIN_USER_LOADER",
        "str",
        "",
        "A callable as `module:name` (or the callable itself) by which the application's own users use the audit view, "
        "which has no passwords then. It gets the request and returns who is signed in, with their roles, or `None`.",
    ),
    Setting(
        "CONSENTKIT_RELOAD_SECONDS",
        "int",
        "2",
        "How often, at most, a process looks for a changed configuration or a published policy.",
    ),
    Setting(
        "CONSENTKIT_LOG_KEY",
        "str",
        "",
        "The consent log's own Ed25519 keys: a folder with `<site>.key` for each site, a file, the lines themselves "
        "(`PRIVATE+KEY+…`), or `command:<verifier key line> <program and arguments>` for a key that is held outside. "
        "Unset, keys are made beside the database: in `<its file without suffix>.keys/`, with PostgreSQL in "
        "`<instance folder>/consentkit.keys/`.",
    ),
    Setting(
        "CONSENTKIT_LOG_ANCHOR",
        "str",
        "",
        "Places outside the database that hold each log's last checkpoint, separated by spaces: a file, an "
        "`https://` address (`GET`, `PUT`), a witness `witness+https://…#<verifier key line>`. `{site}` in it stands "
        "for the site; without, each site's name is appended.",
    ),
    Setting(
        "CONSENTKIT_METRICS_TOKEN",
        "str",
        "",
        "Who sends it as `Authorization: Bearer …` may read `GET metrics`. Without one nobody may.",
    ),
    Setting(
        "CONSENTKIT_LOG_WRITER",
        "str",
        "auto",
        "Who writes the consent log: `auto`, a thread of the processes that take decisions, or `worker`, nobody but "
        "`consentkit worker`.",
    ),
)
_NAMES = tuple(setting.name for setting in SETTINGS)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one application, read once and checked."""

    #: A TOML file or a folder of them.
    config: Path
    database_url: str
    #: Begins with a slash, does not end with one.
    url_prefix: str
    #: One segment, without slashes.
    assets_path: str
    admin: bool
    #: A callable or where to find one; ``None`` where the audit view signs people in itself.
    admin_user_loader: UserLoader | str | None
    reload_seconds: int
    #: A secret, where it is no path.
    log_key: str
    log_anchor: str
    #: ``auto`` or ``worker``.
    log_writer: str
    metrics_token: str = dataclasses.field(repr=False)
    #: What relative paths are relative to.
    root: Path
    #: Where the logs' keys lie if ``log_key`` does not say.
    keys_folder: Path

    @classmethod
    def from_mapping(
        cls,
        config: cabc.Mapping[str, object],
        *,
        root: Path,
        instance: Path,
        environ: cabc.Mapping[str, str] | None = None,
    ) -> Settings:
        """Return the settings in *config*, Flask's ``app.config``; what it lacks comes from the environment.

        :param root: what a relative path of the configuration is relative to.
        :param instance: the folder for the default database.
        :raises ConfigError: for each key of ours that is unknown or has a bad value.
        """
        environ = os.environ if environ is None else environ
        values = {name: environ[name] for name in _NAMES if environ.get(name)}
        given: dict[str, object] = {key: value for key, value in config.items() if key.startswith(_PREFIX)}
        problems = [_unknown(key) for key in given if key not in _NAMES]
        merged: dict[str, object] = {**values, **{k: v for k, v in given.items() if k in _NAMES and v is not None}}
        reader = _Reader(merged, problems)
        database_url = reader.text("CONSENTKIT_DATABASE_URL", f"sqlite:///{instance / 'consentkit.db'}")
        settings = cls(
            config=root / reader.text("CONSENTKIT_CONFIG", "consentkit.toml"),
            database_url=database_url,
            url_prefix=reader.matching("CONSENTKIT_URL_PREFIX", "/consent", _URL_PREFIX, "a path such as '/consent'"),
            assets_path=reader.matching("CONSENTKIT_ASSETS_PATH", "static", _SEGMENT, "one segment such as 'static'"),
            admin=reader.flag("CONSENTKIT_ADMIN", default=True),
            admin_user_loader=reader.loader("CONSENTKIT_ADMIN_USER_LOADER"),
            reload_seconds=reader.number("CONSENTKIT_RELOAD_SECONDS", 2, lowest=1, highest=3600),
            log_key=reader.text("CONSENTKIT_LOG_KEY", ""),
            log_anchor=reader.text("CONSENTKIT_LOG_ANCHOR", ""),
            log_writer=reader.matching("CONSENTKIT_LOG_WRITER", "auto", _WRITER, "'auto' or 'worker'"),
            metrics_token=reader.text("CONSENTKIT_METRICS_TOKEN", ""),
            root=root,
            keys_folder=_keys_folder(database_url, instance),
        )
        if problems:
            raise ConfigError(*problems)
        return settings


def _unknown(key: str) -> Problem:
    near = difflib.get_close_matches(key, _NAMES, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"The settings are: {', '.join(_NAMES)}."
    return Problem(f"'{key}'", "", "is not a setting of consentkit.", hint)


def _keys_folder(database_url: str, instance: Path) -> Path:
    """Return the folder for keys: beside the file of SQLite's, which is what an operator keeps and moves."""
    scheme, _, rest = database_url.partition(":///")
    file = rest.partition("?")[0]
    if not scheme.startswith("sqlite") or not file or file.startswith((":", "file:")):
        return instance / "consentkit.keys"
    return Path(file).with_suffix(".keys")


_T = t.TypeVar("_T")


class _Reader:
    """Reads values of a mapping and collects what is wrong with them."""

    def __init__(self, values: cabc.Mapping[str, object], problems: list[Problem]) -> None:
        self._values = values
        self._problems = problems

    def text(self, name: str, default: str) -> str:
        value = self._values.get(name, default)
        if isinstance(value, (str, Path)):
            return str(value)
        return self._wrong(name, value, "a string", default)

    def matching(self, name: str, default: str, form: re.Pattern[str], expected: str) -> str:
        value = self.text(name, default).rstrip("/")
        return value if form.fullmatch(value) else self._wrong(name, value, expected, default)

    def loader(self, name: str) -> UserLoader | str | None:
        value = self._values.get(name) or None
        if value is None or callable(value) or (isinstance(value, str) and _CALLABLE.fullmatch(value)):
            return value
        return self._wrong(name, value, "a callable, or where it is as 'module:name'", None)

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._values.get(name, default)
        if isinstance(value, str):
            value = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}.get(value.lower())
        return value if isinstance(value, bool) else self._wrong(name, self._values[name], "true or false", default)

    def number(self, name: str, default: int, *, lowest: int, highest: int) -> int:
        value = self._values.get(name, default)
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        return self._wrong(name, value, f"a whole number from {lowest} to {highest}", default)

    def _wrong(self, name: str, value: object, expected: str, default: _T) -> _T:
        # Never a key, nor the database's URL, which holds a password.
        found = "something else" if name.endswith(("_URL", "_KEY", "_TOKEN")) else repr(value)[:80]
        self._problems.append(Problem(f"'{name}'", "", f"found {found}, expected {expected}."))
        return default
