"""In debug mode a developer is told what a page loads, and what a response sets, without a reader's consent.

By :mod:`warnings`, and not by a log: a warning has a place, the line of the configuration that it is about, which
``flask run --debug`` prints with it; pytest lists warnings of tests that pass, and a filter makes errors of them.
"""

from __future__ import annotations

import collections.abc as cabc
import logging
import threading
import typing as t
import urllib.parse
import warnings

import flask
import jinja2
import jinja2.meta

from ..consent.declaring import Place
from ..consent.declaring import place_of
from ..embeds.declared import covers
from ..enforcement.markup import Load
from ..enforcement.markup import loads
from ..enforcement.site_policy import SitePolicy
from ..enforcement.site_policy import policies_of
from ..errors import ConsentWarning
from ..errors import NotFound
from ..inventory.proposals import Undeclared
from ..inventory.proposals import propose
from ..runtime import Runtime
from .current import allowed_by_the_view
from .negotiation import own_origin
from .negotiation import page_site

if t.TYPE_CHECKING:
    from ..consent.services import Service
    from ..operations.publish_site import SiteSnapshot
    from .exchange import Exchange

log = logging.getLogger("consentkit")

_EXTENSION = "consentkit_adviser"
_TEMPLATES = "_consentkit_templates"
_LOADS = "_consentkit_loads"
_MAX_HTML = 2 * 1024 * 1024
_MAX_FINDINGS = 500
_MAX_TEMPLATES = 50
_MAX_ADDRESS = 200
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_OURS = ("consentkit", "consentkit_admin", "consentkit_well_known")


def adviser_of(app: flask.Flask) -> Adviser:
    """Return what advises the developers of *app*."""
    adviser: Adviser = app.extensions.setdefault(_EXTENSION, Adviser(app, app.extensions["consentkit"]))
    return adviser


class Adviser:
    """Tells each thing that it finds once in a process, and takes no response down."""

    def __init__(self, app: flask.Flask, runtime: Runtime) -> None:
        self._app = app
        self._runtime = runtime
        self._told: set[tuple[str, ...]] = set()
        self._lock = threading.Lock()

    def install(self) -> None:
        """Look at what *app* answers from now on."""
        flask.template_rendered.connect(_note_template, self._app)
        # As early as can be, for another function may compress the page; and as late, for it may set the policy.
        functions = self._app.after_request_funcs.setdefault(None, [])
        functions.append(self._guarded(self._look_at_page))
        functions.insert(0, self._guarded(self._look_at_policy))

    def _guarded(self, look: cabc.Callable[[flask.Response, SiteSnapshot], None]) -> t.Any:
        def looking(response: flask.Response) -> flask.Response:
            try:
                if flask.request.blueprint not in _OURS and response.mimetype in _PAGES:
                    look(response, page_site(self._runtime))
            except NotFound:
                # Said elsewhere: a host that no site lists.
                pass
            except ConsentWarning:
                # Whoever makes errors of warnings wants this one.
                raise
            except Exception:
                if self._is_new(("fault",)):
                    log.exception("A page could not be looked at for what it loads; this is told once.")
            return response

        return looking

    # ── what the page loads ──

    def _look_at_page(self, response: flask.Response, snapshot: SiteSnapshot) -> None:
        if response.is_streamed or "Content-Encoding" in response.headers:
            return
        body = response.get_data()
        if len(body) > _MAX_HTML:
            return
        found = list(loads(body.decode("utf-8", "replace"), flask.request.url))
        setattr(flask.g, _LOADS, found)
        own = {flask.request.host.lower(), *(one.partition("://")[2] for one in snapshot.site.site.origins)}
        for load in found:
            declaring = [one for one in snapshot.site.services if covers(one, load.place)]
            if not declaring and load.place not in own:
                self._tell_undeclared(load, snapshot)
            elif declaring and not load.held and not any(map(_may_load, declaring)):
                self._tell_ungated(load, declaring[0], snapshot)

    def _tell_undeclared(self, load: Load, snapshot: SiteSnapshot) -> None:
        key = ("undeclared", load.place, load.tag, _view())
        if self._is_told(*key):
            return
        site = snapshot.site
        place = self._place(site.id)
        self._warn(
            key,
            f"{self._where(load)} loads {_shown(load)}, and no service of '{site.id}' lists '{load.place}' under "
            "'hosts': no reader is told of it or can refuse it, and an enforced policy stops it. Take it out, or "
            f"declare it in {place.file if place else 'the configuration'}:\n\n"
            f"{propose(site, [Undeclared('host', load.place, 1)]).toml}",
            place,
        )

    def _tell_ungated(self, load: Load, service: Service, snapshot: SiteSnapshot) -> None:
        key = ("ungated", load.place, load.tag, _view())
        if self._is_told(*key):
            return
        place = self._place(snapshot.site.id, service.id, hosts=_declared_as(service, load.place))
        kind = 'type="text/plain" ' if load.tag == "script" else ""
        self._warn(
            key,
            f"{self._where(load)} loads {_shown(load)} whatever the reader chose, and the service '{service.id}' needs "
            f"consent to {_quoted(service.purposes)}: {place or 'the configuration'}. Let it wait, by "
            f'{kind}data-consent="{" ".join(service.purposes)}" data-service="{service.id}" data-{load.attribute}="…" '
            f"instead of {load.attribute}, or let the view ask 'current_consent'.",
            place,
        )

    # ── what the site's own policy stops ──

    def _look_at_policy(self, response: flask.Response, snapshot: SiteSnapshot) -> None:
        policies = policies_of(response.headers.getlist("Content-Security-Policy"))
        own = own_origin()
        for policy in policies:
            if policy.faults:
                self._tell_faults(policy)
        for service in snapshot.site.services:
            stopped = [host for host in service.hosts if any(one.blocks_wholly(host, own=own) for one in policies)]
            if stopped:
                self._tell_blocked(stopped, "none of its directives has", service, snapshot)
                continue
            for load in flask.g.get(_LOADS, ()):
                through = (one.allows(load.directive, load.scheme, load.place, own=own) for one in policies)
                if covers(service, load.place) and not all(through):
                    lacks = f"its '{load.directive}', or what that falls back on, lacks"
                    self._tell_blocked([_declared_as(service, load.place)], lacks, service, snapshot)

    def _tell_faults(self, policy: SitePolicy) -> None:
        key = ("faults", *policy.faults)
        if not self._is_told(*key):
            self._warn(
                key,
                f"The Content-Security-Policy that the application sets on '{_view()}' is not read as it is meant: "
                f"{'; '.join(policy.faults[:5])}. It goes out as it is, and browsers pass such parts over.",
                None,
            )

    def _tell_blocked(self, hosts: cabc.Sequence[str], lacks: str, service: Service, snapshot: SiteSnapshot) -> None:
        key = ("blocked", service.id, lacks, *hosts)
        if self._is_told(*key):
            return
        place = self._place(snapshot.site.id, service.id, hosts=hosts[0])
        self._warn(
            key,
            f"The Content-Security-Policy that the application sets on '{_view()}' stops what the service "
            f"'{service.id}' loads, even for readers who agreed: {lacks} {_quoted(hosts)}, declared at {place or '?'}. "
            "Add to the application's own policy what 'consent.csp_sources(services=True)' gives.",
            place,
        )

    # ── cookies ──

    def tell_cookie(self, name: str, exchange: Exchange, services: cabc.Sequence[str], *, is_withheld: bool) -> None:
        """Warn of a cookie that a response sets and that its reader has not agreed to.

        :param services: the ids of those that declare it; none: it is undeclared.
        """
        site = exchange.plan.snapshot.site
        request = exchange.environ.get("werkzeug.request")
        # A mounted application has no endpoint.
        view = getattr(request, "endpoint", None) or exchange.environ.get("PATH_INFO", "")[:_MAX_ADDRESS]
        key = ("cookie", name, view)
        if self._is_told(*key):
            return
        outcome = "it is withheld" if is_withheld else "it leaves, for that is how '[enforcement]' has it"
        shown = f"{name[:_MAX_ADDRESS]!a}"
        service = next((one for one in site.services if one.id in services), None)
        if service is None:
            place = self._place(site.id)
            self._warn(
                key,
                f"'{view}' sets the cookie {shown}, and no service of '{site.id}' lists it under 'cookies': {outcome}. "
                f"Do not set it, or declare it in {place.file if place else 'the configuration'}:\n\n"
                f"{propose(site, [Undeclared('cookie', name, 1)]).toml}",
                place,
            )
            return
        item = next((one.name for one in service.cookies if one.matches(name)), name)
        place = self._place(site.id, service.id, cookies=item)
        self._warn(
            key,
            f"'{view}' sets the cookie {shown} of the service '{service.id}' for a reader who has not agreed to "
            f"{_quoted(service.purposes)}: {outcome}. Set it where current_consent.allows('{service.id}'). It is "
            f"declared at {place or '?'}.",
            place,
        )

    # ── telling ──

    def _is_told(self, *key: str) -> bool:
        return key in self._told or len(self._told) >= _MAX_FINDINGS

    def _is_new(self, key: tuple[str, ...]) -> bool:
        with self._lock:
            if self._is_told(*key):
                return False
            self._told.add(key)
            return True

    def _warn(self, key: tuple[str, ...], message: str, place: Place | None) -> None:
        file, line = (str(place.file), place.line) if place else (self._app.name, 1)
        # Before it counts as told: where it is an error, each test has its own.
        warnings.warn_explicit(message, ConsentWarning, file, line)
        self._is_new(key)

    def _place(self, site: str, service: str = "", **entry: str) -> Place | None:
        return place_of(self._runtime.settings.config, site, service, **entry)

    def _where(self, load: Load) -> str:
        """Return which view, by which line of which template."""
        names = list(flask.g.get(_TEMPLATES, ()))
        place = self._written_in(names, load.written)
        by = f" ({place})" if place else (f" ({', '.join(names[:3])})" if names else "")
        return f"The page of '{_view()}'{by}"

    def _written_in(self, names: list[str], address: str) -> str:
        """Return file and line of a template in which *address* stands as such, among these and what they use."""
        env, seen = self._app.jinja_env, set[str]()
        queue = list(names)
        while queue and len(seen) < _MAX_TEMPLATES:
            name = queue.pop(0)
            if name in seen or env.loader is None:
                continue
            seen.add(name)
            try:
                source, file, _ = env.loader.get_source(env, name)
            except jinja2.TemplateNotFound:
                continue
            if address in source:
                return f"{file or name}:{source.count(chr(10), 0, source.index(address)) + 1}"
            queue += [one for one in jinja2.meta.find_referenced_templates(env.parse(source)) if one]
        return ""


def _note_template(_: flask.Flask, template: jinja2.Template, **__: object) -> None:
    names = flask.g.setdefault(_TEMPLATES, [])
    if template.name and len(names) < _MAX_TEMPLATES:
        names.append(template.name)


def _may_load(service: Service) -> bool:
    """Whether the page may load what is *service*'s: nobody needs to be asked, or the view asked."""
    return service.is_necessary or allowed_by_the_view(service.id)


def _declared_as(service: Service, place: str) -> str:
    wider = (host for host in service.hosts if host.startswith("*.") and place.endswith(host[1:]))
    return place if place in service.hosts else next(wider, place)


def _quoted(names: cabc.Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _view() -> str:
    return str(flask.request.endpoint or flask.request.path[:_MAX_ADDRESS])


def _shown(load: Load) -> str:
    """Return the element with its address, without the query, which may hold what is nobody's business."""
    address = urllib.parse.urldefrag(load.written.strip()).url.partition("?")[0][:_MAX_ADDRESS]
    return f"<{load.tag} {load.attribute}={address!a}>"
