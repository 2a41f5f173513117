"""Where commands write files, and how they say how much there is and how far they are."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import sys
import time
import typing as t
from pathlib import Path

import click


def counted(number: int, noun: str) -> str:
    """Return *number* with the noun, as English has it: 1 record, 2 records, 1 entry, 2 entries."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


@contextlib.contextmanager
def opened(path: Path) -> cabc.Iterator[t.BinaryIO]:
    """Open the output: a file under another name until all of it is there; for ``-`` the standard output."""
    if str(path) == "-":
        yield sys.stdout.buffer
        return
    # A pipe or a device has no other name.
    part = path if path.exists() and not path.is_file() else path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        if part != path:
            part.replace(path)
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from error
    finally:
        if part != path:
            part.unlink(missing_ok=True)


class Progress:
    """Says how much has been written, on a terminal only."""

    def __init__(self, file: t.BinaryIO) -> None:
        self._shown = sys.stderr.isatty() and not file.isatty()
        self._bytes = 0
        self._said_at = time.monotonic()

    def add(self, count: int) -> None:
        """Count what was written."""
        self._bytes += count
        if self._shown and time.monotonic() - self._said_at >= 0.5:  # noqa: PLR2004  # seconds
            self._said_at = time.monotonic()
            self._say()

    def finish(self) -> None:
        """Say it for the last time."""
        if self._shown:
            self._say()
            click.echo(err=True)

    def _say(self) -> None:
        click.echo(f"\r{self._bytes / 1_000_000:.1f} MB written", nl=False, err=True)
