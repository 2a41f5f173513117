"""What other tools are told, in a real page: denied before any tag, the choice as soon as it is known, never more.

``google.example`` has a stand-in that reads the data layer as Google's tags do: what is an arguments object counts, in
its order; a default that comes after the tag is late; a hit carries what was granted, and only then is there a cookie.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import urllib.parse

import flask
import pytest
from playwright.sync_api import expect

from consentkit import ConsentKit
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import choose
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.sites import write_site

TAG = """
(() => {
  const seen = { consent: {}, commands: [], events: [], late: false };
  window.__google = seen;
  let loaded = false;
  const hit = () => {
    const { ad_storage, analytics_storage } = seen.consent;
    if (analytics_storage === "granted") document.cookie = "_ga=1";
    fetch(new URL(`/collect?ads=${ad_storage}&analytics=${analytics_storage}`, source));
  };
  const source = document.currentScript.src;
  const read = (entry) => {
    if (entry.event) seen.events.push([entry.event, entry.consent]);
    if (Object.prototype.toString.call(entry) !== "[object Arguments]") return;
    const [command, what, values] = entry;
    if (command !== "consent") return;
    const { region, wait_for_update, ...types } = values;
    if (what === "default" && loaded) seen.late = true;
    if (!region) Object.assign(seen.consent, types);
    seen.commands.push(region ? `${what} ${region}` : what);
    if (loaded) hit();
  };
  const { push } = window.dataLayer;
  window.dataLayer.forEach(read);
  seen.begins = [...seen.commands];
  window.dataLayer.push = (...entries) => { push.apply(window.dataLayer, entries); entries.forEach(read); };
  loaded = true;
  hit();
})();
"""

SIGNALS = """
[signals.google_consent_mode]
mode = "{mode}"
ad_storage = "embeds"
ad_user_data = "embeds"
ad_personalization = {{ purpose = "embeds", service = "counter" }}
{regions}
[signals.microsoft_uet]
ad_storage = "embeds"
[signals.microsoft_clarity]
[signals.matomo]
[signals.data_layer]
"""
REGIONS = '[[signals.google_consent_mode.regions]]\ncodes = ["US"]\ngranted = ["analytics_storage"]\n'

HELD = '<script type="text/plain" data-consent="analytics" data-src="{google}/gtm.js"{nonce}></script>'
AT_ONCE = '<script src="{google}/gtm.js"{nonce}></script>'
RENDERED = """<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Story</title>{{ consentkit.head() }}
%(script)s</head><body>{{ consentkit.notice() }}<main><h1>A story</h1></main>{{ consentkit.settings_link() }}</body>
</html>"""
#: As the how-to page has it.
DEFAULT = """<script{nonce}>
  window.dataLayer = window.dataLayer || [];
  function gtag() {{ dataLayer.push(arguments); }}
  gtag("consent", "default", {{
    ad_storage: "denied", ad_user_data: "denied", ad_personalization: "denied", analytics_storage: "denied",
    functionality_storage: "denied", personalization_storage: "denied", security_storage: "granted",
    wait_for_update: 500
  }});
</script>"""
TAGGED = """<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Story</title>
{default}{script}<script src="/consent/widget.js?site=steppe-herald&amp;locale=ru" async></script></head>
<body><main><h1>A story</h1></main></body></html>"""

REFUSED = {
    "ad_storage": "denied",
    "ad_user_data": "denied",
    "ad_personalization": "denied",
    "analytics_storage": "denied",
    "functionality_storage": "denied",
    "personalization_storage": "denied",
    "security_storage": "granted",
}
#: The site asks about no preferences, so nothing that needs them is ever granted.
ACCEPTED = REFUSED | {
    "ad_storage": "granted",
    "ad_user_data": "granted",
    "ad_personalization": "granted",
    "analytics_storage": "granted",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    """A running site: each of its pages, by kind and mode."""

    origin: str
    google: str

    def page(self, kind, mode="basic", policy="hash"):
        """Return the address of a page: ``rendered`` or ``tagged``, under a policy by ``hash`` or by ``nonce``."""
        return f"{self.origin}/{mode}/{kind}/{policy}"


def make_news(folder, mode, google):
    """Return the application that has the pages of one mode."""
    folder.mkdir()
    app = flask.Flask(mode, instance_path=str(folder))
    configuration = write_site(folder)
    more = SIGNALS.format(mode=mode, regions=REGIONS if mode == "advanced" else "")
    configuration.write_text(configuration.read_text("utf-8") + more, "utf-8")
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(configuration),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
        CONSENTKIT_URL_PREFIX="/consent",
    )
    consent = ConsentKit(app, csp_nonce=lambda: flask.g.get("nonce"))

    @app.get("/<kind>/<policy>")
    def story(kind, policy):
        script = HELD if mode == "basic" and kind != "careless" else AT_ONCE
        flask.g.nonce = secrets.token_urlsafe(16) if policy == "nonce" or kind == "tagged" else None
        nonce = f' nonce="{flask.g.nonce}"' if flask.g.nonce else ""
        tag = script.format(google=google, nonce=nonce)
        if kind == "careless":
            tag += f'<script src="/{mode}/consent/static/debug.js"></script>'
        if kind in {"tagged", "bare"}:
            default = DEFAULT.format(nonce=nonce) if kind == "tagged" else ""
            body = TAGGED.format(default=default, script=tag).replace("/consent/", f"/{mode}/consent/")
            allowed = f"'nonce-{flask.g.nonce}' 'self'" if flask.g.nonce else "'self'"
            own = f"script-src {allowed}; style-src 'self'; connect-src 'self'; form-action 'self'"
        else:
            body = flask.render_template_string(RENDERED % {"script": tag})
            sources = consent.csp_sources()
            if policy == "nonce":
                sources["script-src"] = [f"'nonce-{flask.g.nonce}'", "'strict-dynamic'"]
            own = "; ".join(f"{directive} {' '.join(values)}" for directive, values in sources.items())
        own = own.replace("script-src", f"script-src {google}").replace("connect-src", f"connect-src {google}")
        rest = "base-uri 'none'; require-trusted-types-for 'script'; trusted-types consentkit"
        return flask.Response(body, headers={"Content-Security-Policy": f"default-src 'none'; {own}; {rest}"})

    return app


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    """The site in both modes, and the stand-in."""
    folder = tmp_path_factory.mktemp("signals")
    port = free_port()
    google = f"http://google.example:{port}"
    apps = {mode: make_news(folder / mode, mode, google) for mode in ("basic", "advanced")}
    stand_in = flask.Flask("google")

    @stand_in.get("/gtm.js")
    def tag():
        return flask.Response(TAG, mimetype="text/javascript", headers={"Cache-Control": "no-store"})

    @stand_in.get("/collect")
    def collect():
        return flask.Response(status=204, headers={"Access-Control-Allow-Origin": "*"})

    def dispatch(environ, start_response):
        if environ["HTTP_HOST"].startswith("google."):
            return stand_in(environ, start_response)
        _, mode, rest = environ["PATH_INFO"].split("/", 2) if environ["PATH_INFO"].count("/") > 1 else ("", "", "")
        if mode not in apps:
            start_response("404 Not Found", [])
            return [b""]
        # As behind a proxy that gives each application a path of its own.
        return apps[mode](environ | {"SCRIPT_NAME": f"/{mode}", "PATH_INFO": f"/{rest}"}, start_response)

    with serve(dispatch, port=port):
        yield Setting(f"http://news.example:{port}", google)
    for app in apps.values():
        app.extensions["consentkit"].database.dispose()


def google(visitor):
    """Return what the stand-in has understood."""
    return visitor.page.evaluate("() => window.__google")


def layer(visitor, name="dataLayer"):
    """Return a queue, its arguments objects as lists."""
    return json.loads(
        visitor.page.evaluate(
            """name => JSON.stringify(window[name],
                (key, value) => Object.prototype.toString.call(value) === "[object Arguments]" ? [...value] : value)""",
            name,
        )
    )


def hits(visitor, setting):
    """Return what each hit that the stand-in sent says to be granted."""
    asked = visitor.asked(f"{setting.google}/collect")
    return [dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)) for url in asked]


KINDS = [("rendered", "hash"), ("rendered", "nonce"), ("tagged", "nonce")]


@pytest.fixture(params=KINDS, ids="-".join)
def kind(request):
    """Each way that a page gets the notice, each under a policy that forbids what it does not need."""
    return request.param


@pytest.fixture(params=[*KINDS, ("bare", "hash")], ids="-".join)
def held(request):
    """The same, and a page that has nothing but the tag: enough where Google's is held back."""
    return request.param


def test_in_basic_mode_nothing_is_asked_before_the_reader_agrees(reader, setting, held):
    """Neither on the first visit nor after a refusal; everything is denied all the same."""
    visitor = reader()
    page, policy = held
    visitor.open(setting.page(page, policy=policy))
    expect_asked(visitor)
    defaults = [entry for entry in layer(visitor) if entry[0] == "consent"]
    assert [entry[1] for entry in defaults] == ["default"]
    assert defaults[0][2] == REFUSED | {"wait_for_update": 500}
    assert layer(visitor, "uetq") == ["consent", "default", {"ad_storage": "denied"}]
    assert layer(visitor, "_paq") == [["requireConsent"]]
    press(visitor, "reject_all")
    for _ in range(2):
        expect_decided(visitor)
        assert [entry[1] for entry in layer(visitor) if isinstance(entry, list) and entry[0] == "consent"] == [
            "default",
            "update",
        ]
        assert visitor.page.evaluate("() => [...dataLayer].filter((one) => one[1] === 'update')[0][2]") == REFUSED
        assert layer(visitor, "_paq") == [["requireConsent"]]
        visitor.reload()
    assert visitor.asked("google.example") == []
    assert visitor.witness("violations") == []
    assert visitor.errors == []
    assert set(visitor.cookies()) == {"consentkit"}


def test_in_basic_mode_the_tag_finds_its_answer(reader, setting, held):
    """It loads once it may, and reads what was agreed to, in the right order; also on the next page."""
    visitor = reader()
    page, policy = held
    visitor.open(setting.page(page, policy=policy))
    press(visitor, "accept_all")
    for _ in range(2):
        visitor.page.wait_for_function("() => window.__google")
        found = google(visitor)
        assert found["consent"] == ACCEPTED
        assert found["commands"] == ["default", "update"]
        assert not found["late"]
        assert found["events"] == [
            [
                "consentkit_consent",
                {"purposes": {"analytics": True, "embeds": True}, "services": {"counter": True}},
            ]
        ]
        visitor.rest()
        assert hits(visitor, setting) == [{"ads": "granted", "analytics": "granted"}]
        assert layer(visitor, "_paq") == [["requireConsent"], ["setConsentGiven"]]
        visitor.requests.clear()
        visitor.reload()
    assert visitor.witness("violations") == []
    assert visitor.errors == []


def test_in_basic_mode_a_withdrawal_reaches_the_tag_and_ends_it(reader, setting, held):
    """It is told in the page where it ran; the next page does not ask for it."""
    visitor = reader()
    page, policy = held
    visitor.open(setting.page(page, policy=policy))
    press(visitor, "accept_all")
    visitor.page.wait_for_function("() => window.__google")
    # The page is loaded anew by a withdrawal: what the tag was told is kept beyond it.
    visitor.page.evaluate(
        """() => addEventListener("pagehide", () => sessionStorage.setItem("told", JSON.stringify(__google.consent)))"""
    )
    open_preferences_anywhere(visitor)
    press(visitor, "withdraw", within=PREFERENCES)
    expect_decided(visitor)
    visitor.page.wait_for_function("() => sessionStorage.getItem('told')")
    assert json.loads(visitor.page.evaluate("() => sessionStorage.getItem('told')")) == REFUSED
    visitor.requests.clear()
    visitor.reload()
    assert visitor.asked("google.example") == []


def open_preferences_anywhere(visitor):
    """Open the second layer by whatever way back the page has."""
    visitor.page.locator("[data-consentkit-action=customize]:not(#consentkit-notice *)").first.click()
    expect(visitor.page.locator(PREFERENCES)).to_be_visible()


def test_in_advanced_mode_the_tag_is_there_first_and_knows(reader, setting, kind):
    """Denied before it, pings without a cookie; told of each change; never a default after the tag."""
    visitor = reader()
    page, policy = kind
    visitor.open(setting.page(page, "advanced", policy))
    expect_asked(visitor)
    found = google(visitor)
    assert found["consent"] == REFUSED
    assert not found["late"]
    # With the tag the page's head says the defaults, and those of places as well, if it has any.
    assert found["commands"] == (["default", "default US"] if page == "rendered" else ["default"])
    assert hits(visitor, setting)[0] == {"ads": "denied", "analytics": "denied"}
    assert "_ga" not in visitor.cookies()
    open_preferences(visitor)
    choose(visitor, "analytics")
    assert google(visitor)["consent"] == REFUSED | {"analytics_storage": "granted"}
    assert hits(visitor, setting)[-1] == {"ads": "denied", "analytics": "granted"}
    visitor.reload()
    # Who has decided is nowhere a matter of the place.
    assert google(visitor)["commands"] == ["default", "update"]
    if page == "rendered":
        # In the head, before anything else has run.
        assert google(visitor)["begins"] == ["default", "update"]
    assert not google(visitor)["late"]
    assert google(visitor)["consent"] == REFUSED | {"analytics_storage": "granted"}
    open_preferences_anywhere(visitor)
    press(visitor, "withdraw", within=PREFERENCES)
    assert google(visitor)["consent"] == REFUSED
    assert visitor.witness("violations") == []
    assert visitor.errors == []


@pytest.mark.parametrize("mode", ["basic", "advanced"])
def test_who_builds_a_site_hears_of_a_tag_that_is_not_held_back(reader, setting, mode):
    """In basic mode, that is; in advanced mode it has its reasons."""
    visitor = reader()
    said = []
    visitor.page.on("console", lambda message: said.append(message.text))
    visitor.open(setting.page("careless", mode))
    expect_asked(visitor)
    visitor.page.wait_for_function("() => document.readyState === 'complete'")
    visitor.rest()
    warned = [text for text in said if "a script of Google is on the page before" in text]
    assert len(warned) == (1 if mode == "basic" else 0)


def test_another_tab_is_told_too(reader, setting):
    """What is refused in one tab is refused in the other as soon as it is looked at."""
    visitor = reader()
    visitor.open(setting.page("rendered", "advanced"))
    press(visitor, "accept_all")
    assert google(visitor)["consent"] == ACCEPTED
    other = visitor.context.new_page()
    other.goto(setting.page("rendered", "advanced"))
    other.evaluate("() => consentkit.withdraw()")
    other.close()
    visitor.page.bring_to_front()
    visitor.page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    visitor.page.wait_for_function("() => __google.consent.analytics_storage === 'denied'")
    assert google(visitor)["consent"] == REFUSED


def test_nothing_is_granted_while_the_service_cannot_answer(reader, setting):
    """An acceptance that nobody recorded grants nothing; a refusal is told at once."""
    visitor = reader()
    visitor.open(setting.page("rendered", "advanced"))
    visitor.context.route("**/decisions*", lambda route: route.fulfill(status=503, headers={"Retry-After": "5"}))
    visitor.page.evaluate("() => consentkit.accept()")
    assert google(visitor)["consent"] == REFUSED
    assert "update" not in google(visitor)["commands"]
    visitor.page.evaluate("() => consentkit.reject()")
    assert google(visitor)["commands"][-1] == "update"
    assert google(visitor)["consent"] == REFUSED
    visitor.reload()
    assert google(visitor)["commands"] == ["default", "update"]
    assert google(visitor)["consent"] == REFUSED


def test_who_sends_the_signal_gets_no_default_of_a_place(reader, setting):
    """Global Privacy Control stands above what an operator grants before anybody was asked."""
    visitor = reader()
    visitor.context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { value: true })"
    )
    visitor.open(setting.page("rendered", "advanced"))
    assert google(visitor)["commands"] == ["default"]
