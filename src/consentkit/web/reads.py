"""What readers' browsers ask for: the tag's script, the notice, the state. Answered from memory."""

from __future__ import annotations

import datetime as dt
import json

import flask

from ..consent.decisions import Choice
from ..consent.site import GpcAnswer
from ..errors import StoreUnavailable
from ..i18n.negotiate import best
from ..notice.render import BASE
from ..operations.log_health import Health
from ..runtime import current_runtime
from .assets import send
from .assets import static_asset
from .assets import tag_asset
from .metrics import site_healths
from .negotiation import as_asked
from .negotiation import gpc
from .negotiation import requested_locale
from .negotiation import requested_site
from .origin import allow_cross_origin
from .origin import allow_everybody
from .origin import check_origin
from .pages import base_url
from .problems import problem
from .reader import Status
from .reader import read_reader

_NOTICE_LENGTH = 16
_NOTICE_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz234567")
#: What ``GET notice`` answers, in this order. What else the content holds is there for the markup alone.
NOTICE_KEYS = (
    "site",
    "locale",
    "dir",
    "regime",
    "version",
    "revision",
    "layout",
    "texts",
    "purposes",
    "services",
    "policies",
    "actions",
)


def widget() -> flask.Response:
    """Answer ``GET widget.js`` and ``GET widget.mjs``: the tag's script for one locale, or for all of the site's."""
    return _tag(".")


def tag() -> flask.Response:
    """Answer with the same scripts at addresses beside the other files."""
    return _tag("..")


def _tag(base: str) -> flask.Response:
    snapshot = requested_site(current_runtime())
    wanted = flask.request.args.get("locale")
    # An unknown locale must not break a page: the script then picks by <html lang>, as without one.
    locale = best(wanted, snapshot.site.locales) if wanted else None
    file = "tag.mjs" if flask.request.path.endswith(".mjs") else "tag.js"
    assets_path = current_runtime().settings.assets_path
    return allow_everybody(send(tag_asset(snapshot, locale, file=file, base=base, assets_path=assets_path)))


def static(name: str) -> flask.Response:
    """Answer with a built file of the widget."""
    asset = static_asset(name)
    if asset is None:
        return problem(404, "There is no such file.")
    return allow_everybody(send(asset))


def notice() -> flask.Response:
    """Answer ``GET notice``: the content of the notice as JSON."""
    snapshot = requested_site(current_runtime())
    wanted = flask.request.args.get("locale")
    locale = best(wanted, snapshot.site.locales) if wanted else snapshot.site.locales[0]
    if locale is None:
        return problem(400, "The site has no notice in this locale.", field="locale")
    if flask.request.args.get("regime", snapshot.site.regimes.default.value) != snapshot.site.regimes.default.value:
        return problem(400, "The site has no such regime.", field="regime")
    found = snapshot.notices[locale]
    content = {key: found.content[key] for key in NOTICE_KEYS}
    content["policies"] = {
        kind: {**link, "url": link["url"].replace(BASE, flask.request.host_url.rstrip("/") + base_url())}
        for kind, link in found.content["policies"].items()
    }
    response = flask.Response(json.dumps(content, ensure_ascii=False), mimetype="application/json")
    response.set_etag(found.version)
    response.headers["Cache-Control"] = "public, max-age=60"
    return allow_everybody(as_asked(response))


def state() -> flask.Response:
    """Answer ``GET state``: what the server makes of the reader's cookie."""
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    reader = read_reader(runtime, snapshot)
    body: dict[str, object] = {
        "status": reader.status.value,
        "site": snapshot.site.id,
        "revision": snapshot.revision,
        "purposes": _answers(reader.choice),
        "services": dict(reader.choice.services),
        "gpc": gpc(),
    }
    if reader.state is not None:
        last = dt.datetime.fromtimestamp(reader.state.last_day * 86400, dt.UTC)
        body["decided"] = {
            "action": reader.state.action.value,
            "notice": reader.state.notice,
            "regime": reader.state.regime,
            "revision": reader.state.revision,
            "at": dt.datetime.fromtimestamp(reader.state.signed_at, dt.UTC).isoformat().replace("+00:00", "Z"),
            "last_day": last.date().isoformat(),
        }
        if reader.status is Status.OUTDATED:
            words = snapshot.notices[requested_locale(snapshot.site, otherwise_accepted=True)]
            body["changes"] = [
                change["text"] for change in words.content["changes"] if change["revision"] > reader.state.revision
            ]
    response = flask.Response(json.dumps(body, ensure_ascii=False), mimetype="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.update(["Cookie", "Sec-GPC"])
    return allow_cross_origin(response, snapshot.site)


def state_css() -> flask.Response:
    """Answer ``GET state.css``: what a page without script needs to hide the notice from who has decided."""
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    reader = read_reader(runtime, snapshot)
    css = ""
    answer = snapshot.site.gpc.answer if gpc() else GpcAnswer.OFF
    if reader.status is Status.VALID or answer in {GpcAnswer.QUIET, GpcAnswer.RECORD}:
        css = "#consentkit-notice{display:none}"
    elif reader.status is Status.OUTDATED and reader.state is not None:
        newer = {change["revision"] for change in next(iter(snapshot.notices.values())).content["changes"]}
        shown = [f'.consentkit-changes li[data-revision="{n}"]' for n in sorted(newer) if n > reader.state.revision]
        if shown:
            css = ".consentkit-changes[hidden]{display:block}" + ",".join(shown) + "{display:list-item}"
    if answer is GpcAnswer.ASK:
        css += "html:root .consentkit-gpc{display:block}"
    response = flask.Response(css, content_type="text/css; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-store"
    response.vary.update(["Cookie", "Sec-GPC"])
    return response


def shown() -> flask.Response:
    """Take ``POST shown``: count one showing of a notice, by day, notice and layer. Nothing about who saw it."""
    runtime = current_runtime()
    snapshot = requested_site(runtime)
    check_origin(snapshot.site, is_form=True)
    version = flask.request.args.get("notice", "")
    layer = flask.request.args.get("layer", "1")
    if len(version) != _NOTICE_LENGTH or not set(version) <= _NOTICE_CHARACTERS:
        return problem(400, "Expected the 16 characters of a notice version.", field="notice")
    if layer not in {"1", "2"}:
        return problem(400, "Expected '1' or '2'.", field="layer")
    # Only notices that exist now are counted, so that nobody can fill the store with made-up ones.
    if any(entry.version == version for entry in snapshot.notices.values()):
        runtime.shown.add(snapshot.site.id, version, layer)
    response = flask.Response(status=204)
    response.headers["Cache-Control"] = "no-store"
    return allow_cross_origin(response, snapshot.site)


def healthz() -> flask.Response:
    """Answer that the process lives."""
    response = flask.Response('{"status": "ok"}\n', mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def readyz() -> flask.Response:
    """Answer whether decisions can be taken: 503 while the store is away or a site is not yet published.

    A log that stands still is told of and changes nothing in that: decisions are recorded all the same, and as the log
    is one for all processes, a load balancer would take every one of them out. No figures: they betray traffic.
    """
    runtime = current_runtime()
    consent_log = "unknown"
    try:
        runtime.database.ping()
        database = "ok"
        found = {one.health for one in site_healths(runtime)}
        worst = (Health.TROUBLE, Health.STALLED, Health.OK)
        consent_log = next((health.value for health in worst if health in found), Health.OK.value)
    except StoreUnavailable:
        database = "unavailable"
    waiting = sorted(name for name, snapshot in runtime.sites.items() if not snapshot.published)
    ready = database == "ok" and not waiting
    body = {
        "status": "ready" if ready else "not ready",
        "database": database,
        "unpublished_sites": len(waiting),
        "log": consent_log,
    }
    response = flask.Response(json.dumps(body) + "\n", 200 if ready else 503, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if not ready:
        response.headers["Retry-After"] = "5"
    return response


def _answers(choice: Choice) -> dict[str, bool]:
    return {"necessary": True, **choice.purposes}
