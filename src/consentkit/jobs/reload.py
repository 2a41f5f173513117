"""The sites of a process, kept up with their files and with what is published."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import logging
import math
import threading
import time
import typing as t
from pathlib import Path

from ..consent.load import LoadedSite
from ..consent.load import load_sites
from ..consent.load import site_files
from ..cookies.codec import MAX_STATE_LENGTH
from ..cookies.codec import longest_state
from ..errors import ConfigError
from ..errors import Problem
from ..errors import StoreUnavailable
from ..i18n.locales import KNOWN_LOCALES
from ..notice.texts import TEXTS
from ..operations.publish_site import SiteSnapshot
from ..operations.publish_site import publish_site
from ..operations.publish_site import unpublished
from ..storage import migrate
from .forks import renew_after_fork

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..config import Settings
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")

_PATIENCE_SECONDS = 3
_RETRY_SECONDS = 30
# So many times the usual interval without a look is a silence; so many seconds are waited for the look that ends it.
_SILENCE = 3
_AWHILE_SECONDS = 1.0


@dataclasses.dataclass(slots=True)
class _Files:
    """The configuration files as last read."""

    sites: dict[str, LoadedSite]
    stamp: object


class Sites:
    """The sites of this process, kept up with their files and with what is published.

    Requests read an immutable snapshot. When it is older than the settings allow, the request that notices starts a
    thread that looks for news and does the chores that are due; nobody waits for it. There is no thread between
    requests, so a forking server may fork at any time.

    :param style: gives the stylesheet of a layout.
    :param chores: what else is to be done now and then in each process: after how many seconds, and what.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        style: cabc.Callable[[str], str],
        clock: Clock,
        chores: cabc.Sequence[tuple[float, cabc.Callable[[], object]]] = (),
    ) -> None:
        self._settings = settings
        self._database = database
        self._style = style
        self._clock = clock
        self._files = _read(settings.config)
        # What was last tried, which of it is in force, and when to try again what is not.
        self._tried: _Files | None = None
        self._in_force: dict[str, LoadedSite] = {}
        self._retry_at = math.inf
        self._told = ""
        self._snapshots: dict[str, SiteSnapshot] = {
            name: unpublished(loaded.site, loaded.folder, style=self._dress(loaded))
            for name, loaded in self._files.sites.items()
        }
        self._stamp: object = None
        self._looked_at = 0.0
        self._chores = chores
        self._done_at = [time.monotonic()] * len(chores)
        self._lock = threading.Lock()
        self._waited_for: threading.Thread | None = None
        renew_after_fork(self)

    def after_fork(self) -> None:
        """Let go of a lock that a thread of the parent may hold."""
        self._lock = threading.Lock()
        self._waited_for = None

    def _dress(self, loaded: LoadedSite) -> str:
        return self._style(loaded.site.notice.layout.value)

    # ── reading ──

    def current(self) -> cabc.Mapping[str, SiteSnapshot]:
        """Return the snapshots by site, and start looking for news where it is time.

        Nobody waits, but for the first requests after a long silence: what they would get could be any age.
        """
        self.at_hand()
        waited_for = self._waited_for
        if waited_for is not None:
            # Not for long: a store that does not answer must not hold up the pages.
            waited_for.join(_AWHILE_SECONDS)
            self._waited_for = None
        return self._snapshots

    def at_hand(self) -> cabc.Mapping[str, SiteSnapshot]:
        """Do the same, and never wait: what is returned after a long silence may be of any age."""
        now = time.monotonic()
        silence = now - self._looked_at
        if silence >= self._settings.reload_seconds and self._lock.acquire(blocking=False):
            self._looked_at = now
            looking = threading.Thread(target=self._look, name="consentkit-reload", daemon=True)
            try:
                looking.start()
            except RuntimeError as error:
                # No thread to be had now. What is known stays in force, and the next request tries again.
                self._lock.release()
                log.warning("Nothing can look for a changed configuration now: %s", error)
            else:
                # Only now: nobody can wait for a thread that has not begun.
                self._waited_for = looking if silence >= _SILENCE * self._settings.reload_seconds else None
        return self._snapshots

    def refresh(self) -> None:
        """Look for news now, and wait for the answer.

        :raises ConfigError: what the configuration names cannot be used. :raises StoreUnavailable: as the store does.
        """
        # Those who wait for a store that does not answer must not queue up: each would wait for all before it.
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            raise StoreUnavailable
        try:
            self._looked_at = time.monotonic()
            if self._retry_at != math.inf:
                self._retry_at = self._looked_at
            self._load()
        finally:
            self._lock.release()

    # ── keeping up ──

    def _look(self) -> None:
        try:
            self._load()
            self._do_chores()
        except StoreUnavailable as error:
            log.warning("The store is not available; the sites stay as they were: %s", error)
        except ConfigError as error:
            self._tell(error)
        except Exception:
            # A thread has nobody above it who would tell.
            log.exception("Looking for a changed configuration failed; the sites stay as they were.")
        finally:
            self._lock.release()

    def _do_chores(self) -> None:
        for i, (every, do) in enumerate(self._chores):
            if time.monotonic() - self._done_at[i] >= every:
                self._done_at[i] = time.monotonic()
                do()

    def _load(self) -> None:
        self._reread()
        changed = self._files is not self._tried or time.monotonic() >= self._retry_at
        if self._stamp is None:
            migrate.ensure_ready(self._database)
        with self._database.unit_of_work(read_only=True) as uow:
            stamp = (uow.policies.stamp(), uow.revisions.stamp(), self._clock.now().date())
        if not changed and stamp == self._stamp:
            return
        files = self._files
        snapshots = {}
        in_force = {}
        problems: list[Problem] = []
        for name, loaded in files.sites.items():
            try:
                with self._database.unit_of_work() as uow:
                    snapshots[name] = publish_site(
                        uow,
                        loaded.site,
                        loaded.folder,
                        style=self._dress(loaded),
                        clock=self._clock,
                        known=self._known(loaded),
                    )
                in_force[name] = loaded
            except ConfigError as error:
                # A policy's file. The other sites need not wait for it.
                problems += error.problems
                if name in self._snapshots:
                    snapshots[name] = self._snapshots[name]
                if name in self._in_force:
                    in_force[name] = self._in_force[name]
        # The stamp from before: what was published meanwhile, even by ourselves, is looked at once more.
        self._stamp = stamp
        self._snapshots = snapshots
        self._tried = files
        self._in_force = in_force
        # The file that is wrong is not one of those that are watched.
        self._retry_at = time.monotonic() + _RETRY_SECONDS if problems else math.inf
        if problems:
            raise ConfigError(*problems)

    def _known(self, loaded: LoadedSite) -> int | None:
        """Return the revision that is in force here for the same file, or ``None`` if the file is new or changed."""
        before = self._in_force.get(loaded.site.id)
        snapshot = self._snapshots.get(loaded.site.id)
        if before is None or snapshot is None or not snapshot.published or before.digest != loaded.digest:
            return None
        return snapshot.revision

    def _reread(self) -> None:
        if _stamp(self._settings.config) == self._files.stamp:
            return
        try:
            self._files = _read(self._settings.config)
        except ConfigError as error:
            self._tell(error)
            self._files.stamp = _stamp(self._settings.config)

    def _tell(self, error: ConfigError) -> None:
        # Said once, however often it is met with.
        if str(error) != self._told:
            self._told = str(error)
            log.error("The changed configuration cannot be used; the last good one stays in force:\n%s", error)


def _read(config: Path) -> _Files:
    # The stamp is taken first: a change while reading is then seen the next time.
    stamp = _stamp(config)
    sites = load_sites(config, text_keys=TEXTS.keys(), locales=KNOWN_LOCALES)
    problems = [
        Problem(
            str(loaded.path.name),
            "purposes",
            f"the purposes and services make a cookie of {length} bytes, expected at most {MAX_STATE_LENGTH}.",
            "Give the purposes shorter ids, or declare fewer of them.",
        )
        for loaded in sites.values()
        if (length := longest_state(loaded.site)) > MAX_STATE_LENGTH
    ]
    if problems:
        raise ConfigError(*problems)
    return _Files(sites, stamp)


def _stamp(config: Path) -> object:
    """Return what changes when a file does: paths, times and sizes."""
    try:
        files = site_files(config)
    except ConfigError:
        return ()
    stamps = []
    for path in files:
        try:
            status = path.stat()
        except OSError:
            continue
        stamps.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(stamps)
