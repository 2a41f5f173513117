"""``@consent.require`` and ``current_consent`` in a host's views, and what a host's tests have for them."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import logging
import typing as t

import flask
import jinja2
import pytest
from flask.views import MethodView

from consentkit import ConsentKit
from consentkit import current_consent
from consentkit.errors import UnknownPurpose
from consentkit.testing import client
from consentkit.testing import decide
from consentkit.testing import frozen
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader

require = ConsentKit.require


def get(newsroom: Newsroom, view: cabc.Callable[..., t.Any], **headers: str) -> t.Any:
    """Let *view* answer a reader who has not decided."""
    newsroom.app.add_url_rule("/host/view", "view", view)
    return newsroom.app.test_client().get("/host/view", headers=headers)


def test_all_that_is_named_must_be_agreed_to(newsroom: Newsroom) -> None:
    """Purposes and services; the page names those that are missing, and no other."""
    newsroom.app.add_url_rule("/host/two", "two", require("preferences", "counter", "login")(lambda: "both"))
    reader = Reader(newsroom)
    assert "Counter" in reader.get("/host/two?locale=en", headers={"Accept": "text/html"}).text
    reader.decide("save", purposes={"preferences": True})
    page = reader.get("/host/two", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert page.status_code == 403
    assert "You have not agreed to: Counter." in page.text
    reader.decide("save", purposes={"preferences": True}, services={"counter": True})
    assert reader.get("/host/two").text == "both"


@pytest.mark.parametrize(
    ("headers", "mimetype"),
    [
        ({}, "text/html"),
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, "text/html"),
        ({"Accept": "*/*"}, "text/html"),
        ({"Accept": "*/*", "Sec-Fetch-Dest": "empty"}, "application/problem+json"),
        ({"Accept": "text/html", "Sec-Fetch-Dest": "empty"}, "text/html"),
        ({"Accept": "application/json"}, "application/problem+json"),
        ({"Accept": "application/problem+json, text/html;q=0.5"}, "application/problem+json"),
        ({"Content-Type": "application/json"}, "application/problem+json"),
    ],
)
def test_who_asks_gets_a_page_or_a_problem(reader: Reader, headers: dict[str, str], mimetype: str) -> None:
    """Both lead to the choice, and no cache keeps them."""
    answer = reader.get("/host/for-you", headers=headers)
    assert (answer.status_code, answer.mimetype) == (403, mimetype)
    assert "no-store" in answer.headers["Cache-Control"]
    assert {"Cookie", "Accept", "Sec-Fetch-Dest"} <= set(answer.vary)
    link = "/consent/preferences?site=steppe-herald&locale=ru&next=/host/for-you"
    if mimetype == "text/html":
        assert link.replace("&", "&amp;") in answer.text
    else:
        body = answer.get_json()
        assert (body["status"], body["missing"], body["preferences"]) == (403, ["preferences"], link)


def test_a_misspelt_name_is_an_error(newsroom: Newsroom) -> None:
    """A silent refusal would look like a reader who said no."""
    newsroom.app.testing = True
    with pytest.raises(UnknownPurpose, match=r"'view': no site has .* Did you mean 'analytics'"):
        get(newsroom, require("analytic")(lambda: ""))
    with pytest.raises(TypeError, match="Name what the view needs"):
        require()
    with pytest.raises(TypeError, match="Name what the view needs"):
        require(lambda: "")  # type: ignore[arg-type]  # what is tested


def test_class_based_views_and_blueprints_can_be_guarded(newsroom: Newsroom) -> None:
    """The whole class, one method of it, and all of a blueprint."""

    class Whole(MethodView):
        decorators: t.ClassVar = [require("analytics")]

        def get(self) -> str:
            return "whole"

    class Part(MethodView):
        def get(self) -> str:
            return "open"

        @require("analytics")
        def post(self) -> str:
            return f"part {type(self).__name__}"

    pages = flask.Blueprint("pages", __name__, url_prefix="/host/pages")
    pages.before_request(require("analytics")(lambda: None))
    pages.add_url_rule("/one", "one", lambda: "one")
    app = newsroom.app
    app.add_url_rule("/host/whole", view_func=Whole.as_view("whole"))
    app.add_url_rule("/host/part", view_func=Part.as_view("part"))
    app.register_blueprint(pages)
    newcomer, reader = app.test_client(), client(app, purposes={"analytics": True})
    for asks, status in ((newcomer, 403), (reader, 200)):
        assert asks.get("/host/whole").status_code == status
        assert asks.get("/host/part").text == "open"
        assert asks.post("/host/part").status_code == status
        assert asks.get("/host/pages/one").status_code == status
    assert reader.post("/host/part").text == "part Part"


def test_a_macro_that_is_imported_without_context_knows_the_reader(newsroom: Newsroom) -> None:
    """It is one of the environment's globals."""
    newsroom.app.jinja_env.loader = jinja2.DictLoader(
        {"m": "{% macro said() %}{{ current_consent.allows('analytics') }}{% endmacro %}"}
    )
    view = '{% from "m" import said %}{{ said() }}'
    newsroom.app.add_url_rule("/host/macro", "macro", lambda: flask.render_template_string(view))
    answer = client(newsroom.app, action="accept_all").get("/host/macro")
    assert answer.text == "True"
    assert "private" in answer.headers["Cache-Control"]


def test_a_necessary_service_is_allowed_to_everybody(newsroom: Newsroom) -> None:
    """As its purpose is."""
    assert get(newsroom, lambda: str(current_consent.allows("login"))).text == "True"


def test_a_stream_that_anybody_may_get_does_not_know_the_reader(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    """Its headers are gone when it asks first. One that asked before, or that no cache keeps, does know."""

    def stream(*, asks: bool = False, cache: str = "") -> cabc.Callable[[], flask.Response]:
        def view() -> flask.Response:
            if asks:
                assert current_consent.status
            parts = (str(current_consent.allows("analytics")) for _ in range(1))
            response = flask.Response(flask.stream_with_context(parts))
            if cache:
                response.headers["Cache-Control"] = cache
            return response

        return view

    app = newsroom.app
    app.add_url_rule("/host/late", "late", stream())
    app.add_url_rule("/host/early", "early", stream(asks=True))
    app.add_url_rule("/host/kept", "kept", stream(cache="no-store"))
    reader = client(app, action="accept_all")
    with caplog.at_level(logging.ERROR):
        late = reader.get("/host/late")
    assert (late.text, "Cache-Control" in late.headers) == ("False", False)
    assert "first read after the headers of the response of 'late'" in caplog.text
    early = reader.get("/host/early")
    assert (early.text, early.headers["Cache-Control"]) == ("True", "private")
    assert reader.get("/host/kept").text == "True"


def test_what_reads_it_after_a_request_keeps_it_private_too(newsroom: Newsroom) -> None:
    """Whichever extension was there first."""

    def late(response: flask.Response) -> flask.Response:
        response.headers["X-Counts"] = str(current_consent.allows("analytics"))
        return response

    # As a function that was there before consentkit came.
    newsroom.app.after_request_funcs[None].insert(1, late)
    answer = newsroom.app.test_client().get("/host/plain")
    assert answer.headers["X-Counts"] == "False"
    assert "private" in answer.headers["Cache-Control"]


# ── consentkit.testing ──


def test_a_test_client_has_decided(newsroom: Newsroom) -> None:
    """It refuses all unless something is named."""
    app = newsroom.app
    assert client(app).get("/host/decision").get_json()["action"] == "reject_all"
    chosen = client(app, purposes={"analytics": True}, services={"counter": False}).get("/host/decision").get_json()
    assert (chosen["action"], chosen["counter"]) == ("save", False)
    assert client(app, action="accept_all", locale="en", site="steppe-herald").get("/host/for-you").text == "for you"
    with pytest.raises(AssertionError, match="The decision was not taken: 400"):
        client(app, action="shrug")


def test_the_clock_of_an_application_can_be_stopped(newsroom: Newsroom) -> None:
    """For one whose factory takes none; after that it goes on."""
    app = newsroom.make_app()
    ours = app.extensions["consentkit"].clock
    with frozen(app, dt.datetime(2027, 1, 1, tzinfo=dt.UTC)) as clock:
        reader = app.test_client()
        assert decide(reader, app, action="accept_all")["decided_at"].startswith("2027-01-01T00:00")
        clock.advance(dt.timedelta(days=180))
        assert reader.get("/host/for-you").status_code == 200
        with frozen(app) as inner:
            assert ours.now() == inner.now()
        clock.advance(dt.timedelta(days=1))
        assert reader.get("/host/for-you").status_code == 403
    assert ours.now() == newsroom.clock.now()
    app.extensions["consentkit"].database.dispose()
