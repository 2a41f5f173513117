"""The running toolkit of one application: its settings, its store, its sites as they are now."""

from __future__ import annotations

import collections
import collections.abc as cabc
import dataclasses
import datetime as dt
import logging
import math
import threading
import time
from pathlib import Path

import flask

from .clock import Clock
from .clock import SystemClock
from .config import Settings
from .consent.load import LoadedSite
from .consent.load import load_sites
from .consent.load import site_files
from .cookies.codec import MAX_STATE_LENGTH
from .cookies.codec import Codec
from .cookies.codec import longest_state
from .cookies.keyring import Keyring
from .errors import ConfigError
from .errors import NotFound
from .errors import Problem
from .errors import StoreUnavailable
from .i18n.locales import KNOWN_LOCALES
from .notice.texts import TEXTS
from .operations.publish_site import SiteSnapshot
from .operations.publish_site import publish_site
from .operations.publish_site import unpublished
from .operations.record import Recorder
from .storage import migrate
from .storage.recorder import DirectRecorder
from .storage.unit_of_work import Database

log = logging.getLogger("consentkit")

_EXTENSION = "consentkit"
_NONCE_LIFETIME = dt.timedelta(hours=48)
_SWEEP_SECONDS = 600
_FLUSH_SECONDS = 10
_PATIENCE_SECONDS = 3
_RETRY_SECONDS = 30


@dataclasses.dataclass(slots=True)
class _Files:
    """The configuration files as last read."""

    sites: dict[str, LoadedSite]
    stamp: object


class Sites:
    """The sites of this process, kept up with their files and with what is published.

    Requests read an immutable snapshot. When it is older than the settings allow, the request that notices starts a
    thread that looks for news; nobody waits for it. There is no thread between requests, so a forking server may fork
    at any time.
    """

    def __init__(self, settings: Settings, database: Database, *, style: str, clock: Clock) -> None:
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
            name: unpublished(loaded.site, loaded.folder, style=style) for name, loaded in self._files.sites.items()
        }
        self._stamp: object = None
        self._looked_at = 0.0
        self._swept_at = time.monotonic()
        self._lock = threading.Lock()
        self._shown: collections.Counter[tuple[str, dt.date, str, str]] = collections.Counter()
        self._shown_lock = threading.Lock()
        self._flushed_at = 0.0

    # ── reading ──

    def current(self) -> cabc.Mapping[str, SiteSnapshot]:
        """Return the snapshots by site, and start looking for news where it is time."""
        if time.monotonic() - self._looked_at >= self._settings.reload_seconds and self._lock.acquire(blocking=False):
            self._looked_at = time.monotonic()
            threading.Thread(target=self._look, name="consentkit-reload", daemon=True).start()
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

    # ── counting notices that were shown ──

    def count_shown(self, site: str, notice: str, layer: str) -> None:
        """Count one showing: in memory first, for a beacon is not worth a commit. A killed process loses some."""
        with self._shown_lock:
            self._shown[site, self._clock.now().date(), notice, layer] += 1

    def flush_shown(self) -> None:
        """Add what was counted to the store."""
        with self._shown_lock:
            counted, self._shown = self._shown, collections.Counter()
        if not counted:
            return
        try:
            with self._database.unit_of_work() as uow:
                for (site, day, notice, layer), count in sorted(counted.items()):
                    uow.impressions.add(site, day, notice, layer, count)
        except StoreUnavailable:
            with self._shown_lock:
                self._shown.update(counted)
            raise

    # ── keeping up ──

    def _look(self) -> None:
        try:
            self._load()
            if time.monotonic() - self._flushed_at >= _FLUSH_SECONDS:
                self._flushed_at = time.monotonic()
                self.flush_shown()
            if time.monotonic() - self._swept_at >= _SWEEP_SECONDS:
                self._swept_at = time.monotonic()
                with self._database.unit_of_work() as uow:
                    uow.records.forget_nonces(self._clock.now() - _NONCE_LIFETIME)
        except StoreUnavailable as error:
            log.warning("The store is not available; the sites stay as they were: %s", error)
        except ConfigError as error:
            self._tell(error)
        except Exception:
            # A thread has nobody above it who would tell.
            log.exception("Looking for a changed configuration failed; the sites stay as they were.")
        finally:
            self._lock.release()

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
                        style=self._style,
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
        with self._database.unit_of_work(read_only=True) as uow:
            self._stamp = (uow.policies.stamp(), uow.revisions.stamp(), self._clock.now().date())
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Everything app-bound, built once."""

    settings: Settings
    database: Database
    recorder: Recorder
    codec: Codec
    clock: Clock
    watch: Sites

    @property
    def sites(self) -> cabc.Mapping[str, SiteSnapshot]:
        """The sites as they are now."""
        return self.watch.current()

    def site(self, site_id: str) -> SiteSnapshot:
        """Return a site by its id.

        :raises NotFound: there is none.
        """
        try:
            return self.sites[site_id]
        except KeyError:
            raise NotFound("There is no such site.") from None


def build_runtime(
    settings: Settings, *, keys: cabc.Sequence[str | bytes], style: str, clock: Clock | None = None
) -> Runtime:
    """Build the runtime and put the sites into force, as far as the store can be reached.

    :param keys: the secret keys, oldest to newest.
    :raises ConfigError: a site's file or a setting is wrong.
    """
    clock = clock or SystemClock()
    database = Database(settings.database_url)
    watch = Sites(settings, database, style=style, clock=clock)
    runtime = Runtime(
        settings=settings,
        database=database,
        recorder=DirectRecorder(database, clock),
        codec=Codec(Keyring(keys)),
        clock=clock,
        watch=watch,
    )
    try:
        watch.refresh()
    except StoreUnavailable as error:
        log.warning("consentkit starts without its store; no decision can be taken until it is there: %s", error)
    finally:
        # What was opened here must not be shared with the processes that a server forks from this one.
        database.dispose()
    return runtime


def current_runtime() -> Runtime:
    """Return the runtime of the current application.

    :raises RuntimeError: the extension was not initialised on it.
    """
    runtime = flask.current_app.extensions.get(_EXTENSION)
    if not isinstance(runtime, Runtime):
        raise RuntimeError(  # noqa: TRY004 - the extension is missing, no argument is of a wrong type
            "consentkit is not initialised on this application. Did you forget to call 'init_app', or did you create "
            "several 'ConsentKit' instances?"
        )
    return runtime


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
