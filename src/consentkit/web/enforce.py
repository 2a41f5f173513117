"""The WSGI middleware that makes a reader's choice bind: it changes the heads of responses, and no bodies.

It stands around the whole application, because what sets headers does so late: Flask's session after the last
``after_request``, mounted applications and other middleware after Flask.
"""

from __future__ import annotations

import collections.abc as cabc
import logging
import typing as t

import flask
from werkzeug.wsgi import get_host

from ..errors import ConsentWarning
from ..operations.publish_site import SiteSnapshot
from ..runtime import Runtime
from .cookie_headers import cookie_filter
from .exchange import PATH_AT_THE_DOOR
from .exchange import Environ
from .exchange import Exchange
from .exchange import Filter
from .exchange import Headers
from .exchange import Plan
from .policy_headers import policy_filter
from .reader import Readers

if t.TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("consentkit")

_EXTENSION = "consentkit_enforcer"
#: Under this key the environ says who attends to the response, so that nobody does it a second time.
_ATTENDED = "consentkit.enforced"


def install(app: flask.Flask, runtime: Runtime) -> None:
    """Put the middleware around *app*."""
    enforcer = Enforcer(app, runtime)
    app.extensions[_EXTENSION] = enforcer
    app.wsgi_app = enforcer.around(app.wsgi_app)  # type: ignore[method-assign]


def around(app: flask.Flask, application: WSGIApplication) -> Enforced:
    """Return *application*, which is around *app*, held to the same.

    :raises RuntimeError: the extension was not initialised on *app*.
    """
    enforcer = app.extensions.get(_EXTENSION)
    if not isinstance(enforcer, Enforcer):
        raise RuntimeError("consentkit is not initialised on this application. Did you forget to call 'init_app'?")  # noqa: TRY004 - no argument is of a wrong type
    return enforcer.around(application)


class Enforcer:
    """What one application's responses are held to. Its middleware comes and goes; this stays."""

    def __init__(self, app: flask.Flask, runtime: Runtime) -> None:
        self._app = app
        self._runtime = runtime
        self._made_of: cabc.Mapping[str, SiteSnapshot] = {}
        self._plans: dict[str, Plan] = {}
        self._by_host: dict[str, Plan] = {}
        self._only: Plan | None = None
        self._told: set[str] = set()
        #: Whether any site asks for anything.
        self.active = False

    def around(self, application: WSGIApplication) -> Enforced:
        """Return *application* with this around it."""
        return Enforced(self, application)

    def keep_up(self) -> bool:
        """Take up the sites as they are now. Returns whether any of them asks for anything. Never raises."""
        try:
            sites = self._runtime.watch.at_hand()
            if sites is not self._made_of:
                self._plan(sites)
        except Exception as error:  # noqa: BLE001 - what was known stays in force
            self._tell("taking up the configuration", error)
        return self.active

    def stay_outside(self) -> None:
        """Go around what the host application has put around ours since: it sets headers after us."""
        outermost = self._app.wsgi_app
        if not (isinstance(outermost, Enforced) and outermost.enforcer is self):
            # As Flask tells its users to do. From the next request on.
            self._app.wsgi_app = self.around(outermost)  # type: ignore[method-assign]

    def attend(self, environ: Environ, status: str, headers: Headers) -> Headers:
        """Return the headers that go out. Never raises, but for a warning in debug mode that is to be an error."""
        try:
            self.keep_up()
            plan = self._only or self._plan_at(environ)
            if plan is None or not plan.filters:
                return headers
            exchange = Exchange(plan, environ, status, headers)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the response down
            self._tell("finding the site", error)
            return headers
        for item in plan.filters:
            before = exchange.headers
            try:
                exchange.headers = list(before)
                item.apply(exchange)
            except ConsentWarning:
                # In debug mode, where the developer makes errors of warnings.
                raise
            except Exception as error:  # noqa: BLE001 - a fault of ours must not take the response down
                self._tell(type(item).__name__, error)
                exchange.headers = self._fallen_back(item, exchange, before)
        return exchange.headers

    def _fallen_back(self, item: Filter, exchange: Exchange, before: Headers) -> Headers:
        try:
            exchange.headers = list(before)
            item.fall_back(exchange)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not take the response down
            self._tell(f"{type(item).__name__}, falling back", error)
            return before
        return exchange.headers

    # ── sites ──

    def _plan(self, sites: cabc.Mapping[str, SiteSnapshot]) -> None:
        plans = {}
        for name, snapshot in sites.items():
            known = self._plans.get(name)
            plans[name] = known if known and known.snapshot is snapshot else self._planned(snapshot)
        by_host: dict[str, Plan] = {}
        for plan in plans.values():
            for origin in plan.snapshot.site.site.origins:
                # The first site that lists a host has it, as for the readers' routes.
                by_host.setdefault(origin.partition("://")[2], plan)
        self._only = next(iter(plans.values())) if len(plans) == 1 else None
        self._plans, self._by_host = plans, by_host
        self.active = any(plan.filters for plan in plans.values())
        # Last: another thread that sees it must find the rest in place.
        self._made_of = sites

    def _planned(self, snapshot: SiteSnapshot) -> Plan:
        found = (cookie_filter(self._app, self._runtime, snapshot), policy_filter(self._runtime, snapshot))
        return Plan(snapshot, Readers(self._runtime, snapshot), tuple(item for item in found if item is not None))

    def _plan_at(self, environ: Environ) -> Plan | None:
        host = environ.get("HTTP_HOST", "")
        # Browsers leave the scheme's own port out, and write small letters: all else takes the longer way.
        return self._by_host.get(host) or self._by_host.get(get_host(environ).lower())

    def _tell(self, what: str, error: Exception) -> None:
        """Log a fault of ours, once for each kind. Its message could hold a value: it stays out."""
        kind = f"{what}: {type(error).__name__}"
        if kind in self._told:
            return
        self._told.add(kind)
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where is not None else "?"
        log.error(
            "A response could not be held against the readers' choice (%s, at %s). It went out with what is necessary "
            "and nothing optional; this is told once.",
            kind,
            place,
        )


class Enforced:
    """A WSGI application whose responses are held to what their readers chose."""

    def __init__(self, enforcer: Enforcer, application: WSGIApplication) -> None:
        self.enforcer = enforcer
        self._application = application

    def __call__(self, environ: Environ, start_response: StartResponse) -> cabc.Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        enforcer = self.enforcer
        # Where it is active, it keeps up when the response is there.
        if environ.get(_ATTENDED) is enforcer or not (enforcer.active or enforcer.keep_up()):
            return self._application(environ, start_response)
        enforcer.stay_outside()
        environ[_ATTENDED] = enforcer
        environ[PATH_AT_THE_DOOR] = environ.get("PATH_INFO", "")

        def start(status: str, headers: Headers, *exc_info: t.Any) -> cabc.Callable[[bytes], object]:
            return start_response(status, enforcer.attend(environ, status, headers), *exc_info)

        return self._application(environ, start)
