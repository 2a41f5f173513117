"""``ConsentKit``: the composition root, the one place that knows every part."""

from __future__ import annotations

import collections.abc as cabc
import functools
import logging
import typing as t
from pathlib import Path

import flask

from .admin.blueprint import make_admin_blueprint
from .cli import consentkit_cli
from .clock import Clock
from .config import Settings
from .errors import ConfigError
from .errors import Problem
from .runtime import build_runtime
from .web import enforce
from .web.assets import stylesheet
from .web.beside import make_room
from .web.blueprint import make_reader_blueprint
from .web.current import current_consent
from .web.current import keep_private
from .web.debug import adviser_of
from .web.guard import guard
from .web.reports import ReportsFirst
from .web.templating import Asked
from .web.templating import TemplateApi
from .web.templating import csp_sources
from .web.well_known import make_well_known_blueprint

if t.TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("consentkit")

_EXTENSION = "consentkit"
_P = t.ParamSpec("_P")
_R = t.TypeVar("_R")


class ConsentKit:
    """Manages privacy consent for Flask applications.

    ::

        consent = ConsentKit()
        consent.init_app(app)

    The object holds options and never an application, so that one serves several.

    :param app: the application, or ``None`` to call :meth:`init_app` later.
    :param locale: tells the locale of the page that is being rendered, e.g. ``lambda: str(get_locale())``; without it,
        or when it returns ``None``, pages have the site's first locale unless the template says otherwise.
    :param csp_nonce: tells the nonce of the page's Content-Security-Policy; without it the inline
        scripts are allowed by their hashes.
    :param clock: tells the time; for tests, :class:`consentkit.testing.FrozenClock`.
    """

    def __init__(
        self,
        app: flask.Flask | None = None,
        *,
        locale: Asked | None = None,
        csp_nonce: Asked | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._locale = locale
        self._csp_nonce = csp_nonce
        self._clock = clock
        if app is not None:
            self.init_app(app)

    def init_app(self, app: flask.Flask) -> None:
        """Mount the toolkit on *app*.

        :raises ConfigError: a setting or a site's file is wrong; all of what is wrong is in it.
        :raises RuntimeError: the toolkit is on this application already.
        """
        if _EXTENSION in app.extensions:
            raise RuntimeError("A 'ConsentKit' instance is already registered on this app. Import and use that one.")
        settings = Settings.from_mapping(app.config, root=Path(app.root_path), instance=Path(app.instance_path))
        runtime = app.extensions[_EXTENSION] = build_runtime(
            settings, keys=_keys(app), style=stylesheet, clock=self._clock
        )
        blueprints = [make_reader_blueprint(settings.assets_path), make_well_known_blueprint()]
        app.register_blueprint(blueprints[0], url_prefix=settings.url_prefix)
        app.register_blueprint(blueprints[1])
        if settings.admin:
            blueprints.append(make_admin_blueprint())
            app.register_blueprint(blueprints[-1], url_prefix=f"{settings.url_prefix}/admin")
        api = TemplateApi(locale=self._locale, nonce=self._csp_nonce)
        app.jinja_env.globals["consentkit"] = api
        app.jinja_env.filters["consent_embeds"] = api.consent_embeds
        app.jinja_env.globals["current_consent"] = current_consent
        # First in line, and so the last to see a response: other functions there may read the consent as well.
        app.after_request_funcs.setdefault(None, []).insert(0, keep_private)
        app.cli.add_command(consentkit_cli, "consentkit")
        app.wsgi_app = ReportsFirst(app.wsgi_app, runtime, settings.url_prefix)  # type: ignore[method-assign]
        enforce.install(app, runtime)
        make_room(app, blueprints)
        _make_room_later(app, blueprints)

    @staticmethod
    def require(*names: str) -> cabc.Callable[[cabc.Callable[_P, _R]], cabc.Callable[_P, _R | flask.Response]]:
        """Let a view run only for readers who agreed to all purposes and services of these *names*.

        Others get an answer with 403 that leads to the choice: a page, or a problem for programs.

        ::

            @app.get("/for-you")
            @consent.require("preferences")
            def for_you(): ...

        :raises UnknownPurpose: by the view, when no site has a purpose or a service of one of the names.
        """
        if not names or not all(isinstance(name, str) for name in names):
            raise TypeError("Name what the view needs: '@consent.require(\"analytics\")'.")
        return functools.partial(guard, names)

    @staticmethod
    def enforce(application: WSGIApplication, app: flask.Flask) -> WSGIApplication:
        """Hold a WSGI application that is around *app* to the readers' choices as well, and return it.

        ::

            application = consent.enforce(DispatcherMiddleware(app, {"/shop": shop}), app)

        What is set as ``app.wsgi_app`` needs no call: the toolkit goes around it by itself at the first request.

        :raises RuntimeError: :meth:`init_app` was not called with *app*.
        """
        return enforce.around(app, application)

    @staticmethod
    def csp_sources(*, services: bool = False) -> dict[str, list[str]]:
        """Return the CSP sources that pages need for consentkit itself, by directive.

        :param services: with the hosts of every declared service, in each directive that loads something. That needs an
            application's context.
        """
        return csp_sources(services=services)


def _keys(app: flask.Flask) -> list[str | bytes]:
    secret = app.secret_key
    if not secret:
        raise ConfigError(
            Problem("'SECRET_KEY'", "", "is not set, and cookies are signed with it.", "Set it to a long random value.")
        )
    # Flask lists the most recent fallback first; a keyring goes from oldest to newest.
    return [*reversed(app.config.get("SECRET_KEY_FALLBACKS") or ()), secret]


def _make_room_later(app: flask.Flask, blueprints: cabc.Sequence[flask.Blueprint]) -> None:
    waiting = [True]

    def first_request() -> None:
        if waiting:
            waiting.clear()
            make_room(app, blueprints)
            if app.debug:
                adviser_of(app).install()

    # First in line, so that it runs before the checks of extensions that were initialised earlier than us.
    app.before_request_funcs.setdefault(None, []).insert(0, first_request)
