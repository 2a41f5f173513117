"""A news site for the tests of the web: a configuration on the disk, and a host application of a few pages."""

from __future__ import annotations

import pathlib
import re
import secrets
import typing as t

import flask

from consentkit import ConsentKit
from consentkit import current_consent
from consentkit.cookies.codec import Codec
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Verifier
from consentkit.runtime import Runtime
from consentkit.testing import FrozenClock
from consentkit.web.current import Consent
from tests import log

if t.TYPE_CHECKING:
    from werkzeug.test import TestResponse

WWW = "https://www.steppe-herald.example"
APEX = "https://steppe-herald.example"
CONSENT = "https://consent.steppe-herald.example"
ELSEWHERE = "https://partner.example"
EVIL = "https://evil.example"
SECRET = "a secret key of these tests, never of a site"

CONFIGURATION = """\
[site]
id = "steppe-herald"
name = { ru = "Степной вестник", kk = "Дала жаршысы", en = "Steppe Herald", ar = "رسول السهب" }
origins = ["https://www.steppe-herald.example", "https://steppe-herald.example", "https://partner.example"]
locales = ["ru", "kk", "en", "ar"]

[controller]
name = "Steppe Herald LLP"
address = "1 Reading Street, Astana"
email = "privacy@steppe-herald.example"

[[purposes]]
id = "necessary"
legal_basis = "legitimate_interest"

[[purposes]]
id = "preferences"
legal_basis = "consent"

[[purposes]]
id = "analytics"
legal_basis = "consent"

[[purposes]]
id = "embeds"
legal_basis = "consent"

[[services]]
id = "counter"
name = "Counter"
provider = "Counter Ltd"
country = "KZ"
purposes = ["analytics"]
hosts = ["counter.example"]
cookies = [{ name = "_count", lifetime = "P1Y" }]

[[services]]
id = "login"
name = "Login"
provider = "Steppe Herald LLP"
country = "KZ"
purposes = ["necessary"]
why_necessary = "Readers could not sign in."

[[services]]
id = "video"
name = "Video"
provider = "Video Ltd"
country = "US"
transfer = "standard_clauses"
purposes = ["embeds"]
hosts = ["video.example"]

[policies.privacy]
files = { ru = "privacy.ru.md", en = "privacy.en.md" }

[policies.terms]
files = { ru = "terms.ru.md" }
"""

NEW_SERVICE = """\
[[services]]
id = "adverts"
name = "Adverts"
provider = "Adverts Ltd"
country = "KZ"
purposes = ["analytics"]

[policies.privacy]"""

PAGE = """\
<!doctype html><html lang="ru"><head><title>Новости</title>{{ consentkit.head() }}</head><body>{{ consentkit.notice() }}
<h1>Новости</h1>{{ consentkit.script('analytics', src='https://counter.example/c.js', service='counter') }}
{{ consentkit.embed('video', src='https://video.example/1', title='Степь') }}
{{ consentkit.settings_link() }} <a href="{{ consentkit.policy_url('privacy') }}">p</a></body></html>"""


class Newsroom:
    """One application and what lies behind it."""

    def __init__(
        self,
        folder: pathlib.Path,
        database_url: str,
        clock: FrozenClock,
        *,
        text: str = CONFIGURATION,
        **config: object,
    ) -> None:
        self.file = folder / "consentkit.toml"
        self.text = text
        self.file.write_text(text, encoding="utf-8")
        for name in ("privacy.ru", "privacy.en", "terms.ru"):
            (folder / f"{name}.md").write_text(f"# Document {name}\n\nWhat the paper promises.\n", encoding="utf-8")
        self.clock = clock
        self.database_url = database_url
        self.config = config
        self.app = self.make_app(**config)

    def make_app(self, **config: object) -> flask.Flask:
        """Another process, as it were: an application on the same files and database."""
        app = flask.Flask(__name__, root_path=str(self.file.parent), instance_path=str(self.file.parent))
        app.config.from_mapping(
            SECRET_KEY=SECRET,
            CONSENTKIT_CONFIG=str(self.file),
            CONSENTKIT_DATABASE_URL=self.database_url,
            # Tests say themselves when to look for news.
            CONSENTKIT_RELOAD_SECONDS=3600,
        )
        app.config.update(config)
        consent = ConsentKit(app, clock=self.clock)
        app.add_url_rule("/", "front", lambda: flask.render_template_string(PAGE))
        app.add_url_rule("/<path:rest>", "article", lambda rest: flask.render_template_string(PAGE, rest=rest))
        app.add_url_rule("/host/plain", "plain", _plain)
        app.add_url_rule("/host/counts", "counts", lambda: str(current_consent.allows("analytics")))
        app.add_url_rule("/host/for-you", "for_you", consent.require("preferences")(lambda: "for you"))
        app.add_url_rule("/host/decision", "decision", _decision)
        return app

    @property
    def runtime(self) -> Runtime:
        """The toolkit of the application."""
        return runtime_of(self.app)

    @property
    def codec(self) -> Codec:
        """What reads the cookies."""
        return self.runtime.codec

    def rewrite(self, old: str, new: str) -> None:
        """Change the configuration on the disk."""
        assert old in self.text
        self.text = self.text.replace(old, new, 1)
        self.file.write_text(self.text, encoding="utf-8")

    def reload(self) -> None:
        """Look for what has changed."""
        self.runtime.watch.refresh()

    def notice(self, locale: str = "ru", site: str = "steppe-herald") -> str:
        """The version of the current notice."""
        return self.runtime.site(site).notices[locale].version

    def records(self, site: str = "steppe-herald") -> list[t.Any]:
        """All stored records, oldest first."""
        from consentkit.storage.records import RecordFilter  # noqa: PLC0415 - few tests need it

        with self.runtime.database.unit_of_work(read_only=True) as uow:
            return sorted(uow.records.stream(RecordFilter(site=site)), key=lambda record: record.id)

    def begin_log(self) -> LocalSigner:
        """Begin the consent log, unless it has begun, and return its key."""
        with self.runtime.database.unit_of_work(read_only=True) as uow:
            active = uow.log_keys.active("steppe-herald")
        keys = self.runtime.signing_keys
        verifier = Verifier.parse(active.verifier) if active else keys.create("steppe-herald", log.ORIGIN)
        signer = t.cast("LocalSigner", keys.signer(verifier))
        if active is None:
            log.begin_log(self.runtime.database, signer=signer, clock=self.clock)
        return signer

    def keep_log(self) -> LocalSigner:
        """Publish all that waits, and return the key."""
        signer = self.begin_log()
        log.keep_log(self.runtime.database, signer=signer, clock=self.clock)
        return signer

    def close(self) -> None:
        """Let go of the database."""
        self.runtime.database.dispose()


class Reader:
    """A browser, as far as the server can tell."""

    def __init__(self, newsroom: Newsroom, at: str = WWW, app: flask.Flask | None = None) -> None:
        self.newsroom = newsroom
        self.at = at
        self.client = (app or newsroom.app).test_client()

    def get(self, path: str, **more: t.Any) -> TestResponse:
        """Open an address."""
        return self.client.get(path, base_url=more.pop("base_url", self.at), **more)

    def body(self, action: str = "accept_all", **changes: t.Any) -> dict[str, t.Any]:
        """A decision as the widget sends it."""
        fields = {
            "action": action,
            "notice": self.newsroom.notice(),
            "locale": "ru",
            "page": "/news/steppe",
            "nonce": secrets.token_urlsafe(16),
            "layer": "1",
        } | changes
        return {name: value for name, value in fields.items() if value is not ...}

    def decide(
        self, action: str = "accept_all", *, headers: dict[str, str] | None = None, **changes: t.Any
    ) -> TestResponse:
        """Decide by script: a field that is given as ``...`` is left out."""
        return self.send(self.body(action, **changes), headers=headers)

    def send(self, body: object, *, headers: dict[str, str] | None = None, query: str = "") -> TestResponse:
        """Post JSON."""
        return self.client.post(f"/consent/decisions{query}", json=body, headers=headers, base_url=self.at)

    def submit(
        self,
        action: str = "accept_all",
        *,
        headers: dict[str, str] | None = None,
        accept: str = "text/html,application/xhtml+xml,*/*;q=0.8",
        **changes: t.Any,
    ) -> TestResponse:
        """Decide by the form, as a browser without script sends it."""
        fields = {
            "action": action,
            "notice": self.newsroom.notice(),
            "locale": "ru",
            "next": "/news/steppe",
            "layer": "1",
        } | changes
        return self.client.post(
            "/consent/decisions?site=steppe-herald",
            data={name: value for name, value in fields.items() if value is not ...},
            headers={"Origin": self.at, "Accept": accept} if headers is None else {"Accept": accept, **headers},
            base_url=self.at,
        )

    def cookie(self, name: str = "consentkit") -> str | None:
        """What the browser keeps under that name."""
        found = [value for key, value in self.cookies() if key == name]
        return found[0] if found else None

    def cookies(self) -> list[tuple[str, str]]:
        """Everything that the browser keeps."""
        # werkzeug's client has no public list of its cookies.
        return [(cookie.decoded_key, cookie.decoded_value) for cookie in self.client._cookies.values()]  # type: ignore[union-attr]

    @property
    def state(self) -> dict[str, t.Any]:
        """What the server makes of it."""
        answer: dict[str, t.Any] = self.get("/consent/state").get_json()
        return answer

    @property
    def status(self) -> str:
        """In one word."""
        return str(self.state["status"])

    @property
    def allowed(self) -> set[str]:
        """The optional purposes and services that may run."""
        state = self.state
        return {name for part in ("purposes", "services") for name, yes in state[part].items() if yes} - {"necessary"}


def runtime_of(app: flask.Flask) -> Runtime:
    """The toolkit of *app*."""
    runtime = app.extensions["consentkit"]
    assert isinstance(runtime, Runtime)
    return runtime


def set_cookies(response: TestResponse) -> dict[str, dict[str, str]]:
    """The cookies that *response* sets, each with its attributes in small letters; the last one of a name wins."""
    found = {}
    for header in response.headers.getlist("Set-Cookie"):
        pair, *rest = header.split("; ")
        name, _, value = pair.partition("=")
        attributes = {key.lower(): text for key, _, text in (part.partition("=") for part in rest)}
        found[name] = {"value": value, **attributes}
    return found


def ticked(html: str) -> set[str]:
    """The purposes that are ticked in a form."""
    return set(re.findall(r'<input type="checkbox" name="purposes" value="([a-z-]+)"[^>]* checked', html))


def _plain() -> flask.Response:
    response = flask.Response("plain")
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def _decision() -> flask.Response:
    consent: Consent = current_consent
    response = flask.jsonify(
        status=consent.status,
        action=consent.decision.action if consent.decision else None,
        necessary=consent.allows("necessary"),
        counter=consent.allows("counter"),
        nonsense=consent.allows("nonsense"),
    )
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


def problem(response: TestResponse) -> dict[str, t.Any]:
    """The problem that *response* tells, which must be of the form that RFC 9457 gives it."""
    assert response.mimetype == "application/problem+json", (response.status, response.get_data(as_text=True)[:300])
    body: dict[str, t.Any] = response.get_json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert response.headers["Cache-Control"] == "no-store"
    return body
