"""What went wrong below, in our words: which errors of the drivers mean that the store is not available."""

from __future__ import annotations

import collections.abc as cabc
import contextlib

from sqlalchemy import exc

from ..errors import StoreUnavailable

#: The way out when tables or columns are missing.
UPGRADE = "Run 'consentkit db upgrade'."

# https://www.sqlite.org/rescode.html: the primary codes; extended ones begin with the same name.
_SQLITE = {
    "SQLITE_BUSY": "The database is locked by another writer.",
    "SQLITE_LOCKED": "The database is locked by another writer.",
    "SQLITE_FULL": "The disk or the database is full.",
    "SQLITE_READONLY": "The database cannot be written to: its file or folder is read-only.",
    "SQLITE_CANTOPEN": "The database's file cannot be opened. Check that its folder exists and may be written to.",
    "SQLITE_IOERR": "The database's file cannot be read or written.",
    "SQLITE_CORRUPT": "The database's file is damaged.",
    "SQLITE_NOTADB": "The database's file is not an SQLite database.",
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes, then classes.
_POSTGRESQL = {
    "42P01": f"The database lacks a table. {UPGRADE}",
    "42703": f"The database lacks a column. {UPGRADE}",
    "3F000": "The database lacks the schema that the connection names.",
    "42501": "The database's user lacks a permission.",
    "25006": "The database is read-only, as a standby is.",
    "55P03": "The database is locked by another writer.",
    "57014": "The database took too long.",
    "40": "The database gave way to another writer.",
    "53": "The database is out of space, memory or connections.",
    "57": "The database is shutting down or starting.",
}


@contextlib.contextmanager
def translated() -> cabc.Iterator[None]:
    """Raise :class:`~consentkit.errors.StoreUnavailable` for the drivers' errors that mean it.

    Its message never holds the address, the password or a value; the driver's own error is its cause. Errors that
    are ours, such as a broken constraint, pass unchanged.
    """
    try:
        yield
    except exc.TimeoutError as error:
        raise StoreUnavailable("All connections to the database are in use.") from error
    except exc.DBAPIError as error:
        message = _explain(error)
        if message is None:
            raise
        raise StoreUnavailable(message) from error


def _explain(error: exc.DBAPIError) -> str | None:
    """Return what to tell of *error*, or ``None`` where it does not mean that the store is unavailable."""
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None) or ""
    for prefix, message in _SQLITE.items():
        if name.startswith(prefix):
            return message
    if name == "SQLITE_ERROR" and str(cause).startswith(("no such table", "no such column")):
        return f"The database lacks a table or a column. {UPGRADE}"
    code = getattr(cause, "sqlstate", None) or ""
    for key in (code, code[:2]):
        if key in _POSTGRESQL:
            return _POSTGRESQL[key]
    if error.connection_invalidated or isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError):
        # The driver gives no code for a connection that failed: neither for a silent server nor for a wrong password.
        return "The database is not available." if name else "The database cannot be reached, or refuses us."
    return None
