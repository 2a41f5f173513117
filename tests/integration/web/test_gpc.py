"""Global Privacy Control: what is told of it, what is shown, and what is recorded where it binds."""

from __future__ import annotations

import typing as t

import flask
import pytest

from consentkit import ConsentKit
from consentkit import current_consent
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import ELSEWHERE
from tests.integration.web.newsroom import SECRET
from tests.integration.web.newsroom import WWW
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.integration.web.newsroom import problem
from tests.integration.web.newsroom import runtime_of
from tests.integration.web.newsroom import set_cookies

SIGNAL = {"Sec-GPC": "1"}
WELL_KNOWN = "/.well-known/gpc.json"
RECORD = CONFIGURATION.replace("[policies.privacy]", "[gpc]\nrecord = true\n\n[policies.privacy]")
QUIET = CONFIGURATION.replace("[policies.privacy]", "[gpc]\nask = false\n\n[policies.privacy]")
OFF = CONFIGURATION.replace("[policies.privacy]", "[gpc]\nhonour = false\n\n[policies.privacy]")
HIDDEN = "#consentkit-notice{display:none}"


@pytest.fixture
def binding(make_newsroom: MakeNewsroom) -> Newsroom:
    """A newsroom for whose readers the signal is a refusal by law."""
    return make_newsroom(text=RECORD)


# ── what the world is told ──


def test_the_site_gives_its_word_at_the_root(reader: Reader) -> None:
    """Any page of any site may read it, and caches may keep it."""
    answer = reader.get(WELL_KNOWN)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.get_json() == {"gpc": True, "lastUpdate": "2026-11-23"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert reader.client.head(WELL_KNOWN, base_url=WWW).status_code == 200
    assert reader.client.post(WELL_KNOWN, base_url=WWW).status_code == 405
    assert reader.get(WELL_KNOWN + "x").mimetype == "text/html"


def test_the_day_is_the_sites_own(make_newsroom: MakeNewsroom) -> None:
    """As TOML writes days, without quotes or with them."""
    for written in ("2027-01-31", '"2027-01-31"'):
        newsroom = make_newsroom(text=RECORD.replace("record = true", f"last_update = {written}"))
        assert Reader(newsroom).get(WELL_KNOWN).get_json()["lastUpdate"] == "2027-01-31"


def test_who_does_not_honour_it_says_nothing(make_newsroom: MakeNewsroom) -> None:
    """No page has a line about it, and no address answers."""
    reader = Reader(make_newsroom(text=OFF))
    assert reader.get(WELL_KNOWN).status_code == 404
    assert "consentkit-gpc" not in reader.get("/").text
    assert 'data-gpc="off"' in reader.get("/").text
    assert 'class="consentkit-gpc"' not in reader.get("/consent/preferences", headers=SIGNAL).text
    assert "Global Privacy Control" not in reader.get("/consent/cookies").text
    assert reader.get("/consent/state.css", headers=SIGNAL).text == ""
    assert reader.get("/consent/state", headers=SIGNAL).get_json()["gpc"] is True


def test_each_host_speaks_for_its_own_site(make_newsroom: MakeNewsroom, tmp_path: t.Any) -> None:
    """One that honours it, one that does not, and a host that is neither's."""
    make_newsroom()
    folder = tmp_path / "sites"
    for name, text in (("one", CONFIGURATION), ("two", OFF)):
        (folder / name).mkdir(parents=True)
        for document in ("privacy.ru", "privacy.en", "terms.ru"):
            (folder / name / f"{document}.md").write_text("# T\n\nText.\n", "utf-8")
        own = text.replace('id = "steppe-herald"', f'id = "{name}"').replace("partner.example", f"{name}-p.example")
        own = own.replace("steppe-herald.example", f"{name}.example")
        (folder / name / "consentkit.toml").write_text(own, "utf-8")
    app = flask.Flask(__name__, root_path=str(tmp_path), instance_path=str(tmp_path))
    app.config.update(
        SECRET_KEY=SECRET, CONSENTKIT_CONFIG=str(folder), CONSENTKIT_DATABASE_URL=f"sqlite:///{tmp_path}/two.db"
    )
    ConsentKit(app)
    client = app.test_client()
    got = [
        client.get(WELL_KNOWN, base_url=f"https://www.{host}.example").status_code for host in ("one", "two", "three")
    ]
    assert got == [200, 404, 404]
    # A page elsewhere asks for its own host's file, so `Origin` says nothing here.
    answer = client.get(WELL_KNOWN, base_url="https://www.three.example", headers={"Origin": "https://www.one.example"})
    assert answer.status_code == 404
    runtime_of(app).database.dispose()


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_the_hosts_own_route_wins(tmp_path: t.Any, newsroom: Newsroom, first: bool) -> None:
    """Whichever was registered first."""
    app = flask.Flask(__name__, root_path=str(tmp_path), instance_path=str(tmp_path))
    app.config.update(
        SECRET_KEY=SECRET, CONSENTKIT_CONFIG=str(newsroom.file), CONSENTKIT_DATABASE_URL=newsroom.database_url
    )
    if first:
        app.add_url_rule(WELL_KNOWN, "own", lambda: "the host's own")
    ConsentKit(app)
    if not first:
        app.add_url_rule(WELL_KNOWN, "own", lambda: "the host's own")
    assert app.test_client().get(WELL_KNOWN).text == "the host's own"
    runtime_of(app).database.dispose()


def test_below_a_prefix_of_the_server(reader: Reader) -> None:
    """Where the application has a part of the host, what stands before it has to pass the root's address on."""
    answer = reader.get(WELL_KNOWN, environ_overrides={"SCRIPT_NAME": "/app"})
    assert answer.status_code == 200
    document = reader.get("/consent/openapi.json", environ_overrides={"SCRIPT_NAME": "/app"}).get_json()
    assert document["paths"][WELL_KNOWN]["servers"] == [{"url": "/app"}]


# ── what readers are told ──


def test_the_line_is_in_every_notice_and_shown_by_style(reader: Reader) -> None:
    """The same bytes for all; without script the style of the state shows it to who sends the signal."""
    assert reader.get("/").data == reader.get("/", headers=SIGNAL).data
    assert 'class="consentkit-gpc"' in reader.get("/").text
    assert "data-gpc" not in reader.get("/").text
    plain, sent = reader.get("/consent/state.css"), reader.get("/consent/state.css", headers=SIGNAL)
    assert (plain.text, sent.text) == ("", "html:root .consentkit-gpc{display:block}")
    assert {"Cookie", "Sec-GPC"} <= set(sent.vary)


@pytest.mark.parametrize("text", [QUIET, RECORD], ids=["quiet", "record"])
def test_without_script_the_signal_is_answer_enough(make_newsroom: MakeNewsroom, text: str) -> None:
    """The notice stays away and nothing is allowed; a stylesheet writes no record."""
    reader = Reader(make_newsroom(text=text))
    assert reader.get("/consent/state.css").text == ""
    assert reader.get("/consent/state.css", headers=SIGNAL).text == HIDDEN
    assert reader.newsroom.records() == []
    assert reader.allowed == set()


@pytest.mark.parametrize(
    ("value", "counts"),
    [("1", True), ("1, 1", True), ("0,1", True), ("0", False), ("true", False), ("", False), ("11", False)],
)
def test_only_the_value_1_counts(reader: Reader, value: str, counts: bool) -> None:
    """Once at least, should several come; everything else is as if nothing had been sent."""
    assert reader.get("/consent/state", headers={"Sec-GPC": value}).get_json()["gpc"] is counts


def test_the_page_of_preferences_tells_it(reader: Reader) -> None:
    """To who sends it, whatever they chose."""
    for _ in range(2):
        plain, sent = reader.get("/consent/preferences"), reader.get("/consent/preferences", headers=SIGNAL)
        assert "data-consentkit-gpc" not in plain.text
        assert "<html " in sent.text
        assert " data-consentkit-gpc>" in sent.text
        assert 'class="consentkit-gpc"' in sent.text
        assert "Sec-GPC" in sent.vary
        reader.decide("accept_all")


def test_the_cookies_page_says_it_in_each_language(reader: Reader) -> None:
    """One sentence."""
    for locale in ("ru", "kk", "en", "ar"):
        assert reader.get(f"/consent/cookies?locale={locale}").text.count("Global Privacy Control") == 1


def test_views_can_ask(newsroom: Newsroom) -> None:
    """``current_consent.gpc``; the response then varies by it."""
    newsroom.app.add_url_rule("/host/gpc", "gpc", lambda: str(current_consent.gpc))
    reader = Reader(newsroom)
    answers = [reader.get("/host/gpc"), reader.get("/host/gpc", headers=SIGNAL)]
    assert [answer.text for answer in answers] == ["False", "True"]
    assert all("Sec-GPC" in answer.vary for answer in answers)
    assert "Sec-GPC" not in reader.get("/host/counts").vary


# ── where it binds ──


def test_the_signal_is_recorded_as_a_refusal(binding: Newsroom) -> None:
    """With the same cookie as every other refusal, and no identifier."""
    reader = Reader(binding)
    answer = reader.decide("gpc", headers=SIGNAL)
    assert answer.status_code == 201
    assert answer.get_json()["purposes"] == {"analytics": False, "embeds": False, "preferences": False}
    [record] = binding.records()
    assert (record.action, record.method, record.layer) == ("gpc", "signal", None)
    assert (record.gpc, record.subject_id) == (True, None)
    assert not any([*record.purposes.values(), *record.services.values()])
    other = Reader(binding)
    refused = other.decide("reject_all")
    assert set_cookies(answer)["consentkit"]["value"] == set_cookies(refused)["consentkit"]["value"]
    assert reader.status == "valid"
    assert [name for name, _ in reader.cookies()] == ["consentkit"]


def test_who_had_agreed_before_keeps_their_history(binding: Newsroom) -> None:
    """The record joins their others, as one of a withdrawal does."""
    reader = Reader(binding)
    reader.decide("accept_all")
    reader.decide("gpc", headers=SIGNAL)
    first, second = binding.records()
    assert second.subject_id == first.subject_id is not None
    assert second.previous_id == first.id


def test_a_later_choice_counts_for_more(binding: Newsroom) -> None:
    """The signal still comes with every request; the reader's own word is what holds. Both are on the record."""
    reader = Reader(binding)
    reader.decide("gpc", headers=SIGNAL)
    assert reader.decide("accept_all", headers=SIGNAL).status_code == 201
    assert reader.get("/consent/state", headers=SIGNAL).get_json()["purposes"]["analytics"] is True
    assert [(record.action, record.gpc) for record in binding.records()] == [("gpc", True), ("accept_all", True)]


@pytest.mark.parametrize(
    ("headers", "changes", "field"),
    [
        ({}, {}, "action"),
        ({"Sec-GPC": "0"}, {}, "action"),
        (SIGNAL, {"purposes": {"analytics": True}}, "purposes"),
        (SIGNAL, {"services": {"counter": True}}, "purposes"),
    ],
)
def test_what_the_server_does_not_see_is_not_recorded(
    binding: Newsroom, headers: dict[str, str], changes: dict[str, t.Any], field: str
) -> None:
    """The page's word for the signal is not enough, and a signal agrees to nothing."""
    reader = Reader(binding)
    answer = reader.decide("gpc", headers=headers, **changes)
    assert answer.status_code == 400
    assert problem(answer)["field"] == field
    assert binding.records() == []
    assert reader.cookies() == []


def test_a_form_sends_no_signal(binding: Newsroom) -> None:
    """What a reader presses is a reader's choice."""
    assert Reader(binding).submit("gpc", headers={"Origin": WWW, **SIGNAL}).status_code == 400


@pytest.mark.parametrize("text", [CONFIGURATION, QUIET, OFF])
def test_where_it_is_not_recorded_it_is_refused(make_newsroom: MakeNewsroom, text: str) -> None:
    """Never a record by default."""
    reader = Reader(make_newsroom(text=text))
    answer = reader.decide("gpc", headers=SIGNAL)
    assert answer.status_code == 400
    assert "Global Privacy Control" in problem(answer)["detail"]
    assert reader.newsroom.records() == []


def test_the_same_nonce_makes_one_record(binding: Newsroom) -> None:
    """As with every decision."""
    reader = Reader(binding)
    body = reader.body("gpc")
    answers = [reader.send(body, headers=SIGNAL) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].data == answers[1].data
    assert len(binding.records()) == 1
    assert reader.send({**body, "page": "/other"}, headers=SIGNAL).status_code == 409


def test_an_old_notice_will_do(binding: Newsroom) -> None:
    """A page from a cache, as for a refusal; and one that never was is answered by 409 and the refusal's cookie."""
    reader = Reader(binding)
    old = binding.notice()
    binding.rewrite("[gpc]", "[notice.texts.ru]\ntitle = 'Можно?'\n\n[gpc]")
    binding.reload()
    assert old != binding.notice()
    assert reader.decide("gpc", headers=SIGNAL, notice=old).status_code == 201
    never = Reader(binding)
    answer = never.decide("gpc", headers=SIGNAL, notice="a" * 16)
    assert answer.status_code == 409
    assert never.status == "valid"


def test_from_another_site_the_body_brings_the_state(binding: Newsroom) -> None:
    """The tag on a page elsewhere: no cookie of ours, and the browser sends the header there too."""
    reader = Reader(binding)
    answer = reader.decide("gpc", headers={**SIGNAL, "Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 201
    assert set_cookies(answer) == {}
    assert binding.codec.unseal(answer.get_json()["state"]).purposes == ()
