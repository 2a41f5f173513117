"""Small files that are read and replaced by several processes, and must outlive a power cut: keys, anchors, states."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import os
import sys
import tempfile
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def locked(path: Path) -> cabc.Iterator[None]:
    """Hold the lock that goes with the file *path*, for the time of a ``with`` block; others wait.

    The lock is a file beside it, for the file itself is replaced as a whole. It goes when its holder does, however it
    ends. On Windows there is none.

    :raises OSError: the folder cannot be written to, or knows no locks.
    """
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if sys.platform != "win32":
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace(path: Path, text: str, *, mode: int) -> None:
    """Write *text* into the file *path*: whoever reads it, now or after a power cut, finds the old or the new text.

    :param mode: its permissions. :raises OSError: it cannot be written; the old text is there still.
    """
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            if os.name == "posix":
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # The new name is on the disk only when its folder is (fsync(2)); Windows cannot open one.
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
