"""The running toolkit of one application: its settings, its store, its sites as they are now."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import functools
import logging

import flask

from .clock import Clock
from .clock import SystemClock
from .config import Settings
from .consent.site import Site
from .cookies.attributes import OWN_COOKIES
from .cookies.codec import Codec
from .cookies.keyring import Keyring
from .errors import KeyUnavailable
from .errors import NotFound
from .errors import StoreUnavailable
from .jobs.impressions import ShownCounter
from .jobs.log_writer import LogThread
from .jobs.log_writer import LogWriter
from .jobs.observations import Observed
from .jobs.open_logs import OpenLogs
from .jobs.reload import Sites
from .jobs.retention import Retention
from .jobs.sweep import sweep_checkpoints
from .jobs.sweep import sweep_nonces
from .jobs.sweep import sweep_observations
from .ledger.events import ACCESS_LOG
from .ledger.origins import first_origin
from .operations.anchors import Anchors
from .operations.anchors import anchors_of
from .operations.open_log import open_log
from .operations.publish_checkpoint import keep_published
from .operations.publish_site import SiteSnapshot
from .operations.record import Recorder
from .operations.signing_keys import SigningKeys
from .storage.recorder import DirectRecorder
from .storage.unit_of_work import Database

log = logging.getLogger("consentkit")

_EXTENSION = "consentkit"
_FLUSH_SECONDS = 10
_OPEN_SECONDS = 30
_SWEEP_SECONDS = 600
_LOG_SECONDS = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Everything app-bound, built once."""

    settings: Settings
    database: Database
    recorder: Recorder
    codec: Codec
    clock: Clock
    watch: Sites
    shown: ShownCounter
    observed: Observed
    log_thread: LogThread
    signing_keys: SigningKeys

    def anchors(self, site_id: str) -> Anchors:
        """Return the places outside the database that hold the last checkpoint of a site's log."""
        return anchors_of(self.settings.log_anchor, site_id, root=self.settings.root)

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

    def log_what_waits(self) -> None:
        """Let what was just recorded get into the consent log within some seconds, unless a worker sees to it."""
        if self.settings.log_writer == "auto":
            self.log_thread.wake()


def build_runtime(
    settings: Settings,
    *,
    keys: cabc.Sequence[str | bytes],
    style: cabc.Callable[[str], str],
    clock: Clock | None = None,
) -> Runtime:
    """Build the runtime and put the sites into force, as far as the store can be reached.

    :param keys: the secret keys, oldest to newest. :param style: gives the stylesheet of a layout.
    :raises ConfigError: a site's file or a setting is wrong.
    """
    clock = clock or SystemClock()
    database = Database(settings.database_url)
    signing_keys = SigningKeys(settings)
    anchors_of(settings.log_anchor, "site", root=settings.root)
    opening = OpenLogs(database, settings, signing_keys, clock)
    shown = ShownCounter(database, clock)
    observed = Observed(database, clock)
    watch: Sites
    chores: tuple[tuple[float, cabc.Callable[[], object]], ...] = (
        (_FLUSH_SECONDS, shown.flush),
        (_FLUSH_SECONDS, observed.flush),
        (_OPEN_SECONDS, lambda: opening.open(watch.at_hand())),
        (_SWEEP_SECONDS, functools.partial(sweep_nonces, database, clock)),
        (_SWEEP_SECONDS, functools.partial(sweep_observations, database, clock)),
        (_SWEEP_SECONDS, functools.partial(sweep_checkpoints, database, clock)),
    )

    def configured(site: str) -> Site | None:
        snapshot = watch.at_hand().get(site)
        return None if snapshot is None else snapshot.site

    writer = make_log_writer(settings, database, clock=clock, site_of=configured, keys=signing_keys)
    thread = LogThread(writer, database)
    if settings.log_writer == "auto":
        retention = Retention(
            database,
            signing_keys,
            clock,
            days=lambda: {name: found.site.site.retention_days for name, found in watch.at_hand().items()},
        )
        # Erasing is signed for in the log, so it is for who has its keys.
        chores = (*chores, (_LOG_SECONDS, thread.look), (_SWEEP_SECONDS, retention.work))
    watch = Sites(settings, database, style=style, clock=clock, chores=chores)
    runtime = Runtime(
        settings=settings,
        database=database,
        recorder=DirectRecorder(database, clock),
        codec=Codec(Keyring(keys)),
        clock=clock,
        watch=watch,
        shown=shown,
        observed=observed,
        log_thread=thread,
        signing_keys=signing_keys,
    )
    try:
        watch.refresh()
        opening.open(watch.current())
    except StoreUnavailable as error:
        log.warning("consentkit starts without its store; no decision can be taken until it is there: %s", error)
    finally:
        # What was opened here must not be shared with the processes that a server forks from this one.
        database.dispose()
    return runtime


def make_log_writer(
    settings: Settings,
    database: Database,
    *,
    clock: Clock,
    site_of: cabc.Callable[[str], Site | None],
    keys: SigningKeys | None = None,
) -> LogWriter:
    """Return what writes the logs of all sites.

    :param site_of: finds a site that is configured by its id. :param keys: those of the settings, if not given.
    :raises ConfigError: the setting for the keys is wrong.
    """
    signing_keys = keys if keys is not None else SigningKeys(settings)

    def begin(site_id: str) -> bool:
        site = site_of(site_id)
        if site is None and site_id != ACCESS_LOG:
            return False
        # The log of access is served to nobody, so it is at home here alone.
        home = None if site is None else next(iter(site.site.origins), None)
        origin = first_origin(home, settings.url_prefix, site_id)
        with contextlib.suppress(KeyUnavailable):
            # Without a key entries get their places all the same; publishing tells of it.
            open_log(database, site_id, origin=origin, keys=signing_keys, clock=clock)
        return True

    def publish(site_id: str) -> None:
        anchors = anchors_of(settings.log_anchor, site_id, root=settings.root)
        keep_published(database, site_id, keys=signing_keys, anchors=anchors, clock=clock)

    return LogWriter(database, clock, begin=begin, publish=publish)


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


def protected_names(app: flask.Flask) -> frozenset[str]:
    """Return the cookies that are never withheld: the application's session, Flask-Login's own, and ours."""
    names = {app.config.get("SESSION_COOKIE_NAME")}
    try:
        names.add(app.session_interface.get_cookie_name(app))
    except Exception as error:  # noqa: BLE001 - the host application's own: it may need a request, or lack the method
        log.warning("How the application names its session's cookie cannot be asked here: %s.", type(error).__name__)
    if hasattr(app, "login_manager"):
        names.add(app.config.get("REMEMBER_COOKIE_NAME", "remember_token"))
    return OWN_COOKIES | {name for name in names if isinstance(name, str)}
