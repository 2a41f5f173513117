"""What pages hold for other tools: in its place in the head, allowed by its own hash, the same for every reader."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re

import pytest

from consentkit.testing import FrozenClock
from consentkit.web.templating import csp_sources
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader

SIGNALS = """
[signals.google_consent_mode]
analytics_storage = { purpose = "analytics", service = "counter" }
[signals.matomo]
"""


@pytest.fixture
def telling(make_newsroom: MakeNewsroom) -> Newsroom:
    """A newsroom with two signals."""
    return make_newsroom(text=CONFIGURATION + SIGNALS)


def head_of(newsroom: Newsroom) -> str:
    """What stands in the head of a story."""
    return Reader(newsroom).get("/news/1").text.partition("</head>")[0]


def hash_of(script: str) -> str:
    """The source expression that allows *script*."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def test_a_site_without_signals_has_nothing_of_them(newsroom: Newsroom) -> None:
    """No script, no hash, no byte in the tag."""
    assert "data-consentkit-signals" not in head_of(newsroom)
    with newsroom.app.app_context():
        assert len(csp_sources()["script-src"]) == 3
    assert "__CONSENTKIT_SIGNALS__" not in Reader(newsroom).get("/consent/widget.js?site=steppe-herald").text


def test_the_script_stands_behind_the_first_and_has_its_hash(telling: Newsroom) -> None:
    """Its text is constant, what the site is about stands in its attribute."""
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", head_of(telling), re.DOTALL)
    assert ["data-site" in scripts[0][0], "data-consentkit-signals" in scripts[1][0]] == [True, True]
    with telling.app.app_context():
        sources = csp_sources()["script-src"]
    assert [hash_of(text) for _, text in scripts[:2]] == sources[:2]
    assert len(sources) == 4
    attribute = re.search(r"data-consentkit-signals='([^']*)'", scripts[1][0])
    assert attribute is not None
    told = json.loads(html.unescape(attribute[1]))
    assert told["google"]["types"]["analytics_storage"] == ["analytics", "counter"]
    # The newsroom asks about no advertising.
    assert told["google"]["types"]["ad_storage"] == []
    assert told["matomo"] == {"cookies": False, "needs": ["analytics"]}
    assert told["purposes"] == ["preferences", "analytics", "embeds"]
    assert [service["id"] for service in told["services"]] == ["counter", "video"]


def test_it_is_the_same_for_every_reader(telling: Newsroom) -> None:
    """Caches keep it; only the browser knows who has decided what."""
    reader = Reader(telling)
    before = reader.get("/news/1").data
    reader.decide("accept_all")
    assert reader.get("/news/1", headers={"Sec-GPC": "1"}).data == before


def test_the_tag_tells_first(telling: Newsroom) -> None:
    """The same script with its data around it, in front of what lets scripts go."""
    text = Reader(telling).get("/consent/widget.js?site=steppe-herald&locale=ru").text
    assert text.startswith('{const __CONSENTKIT_SIGNALS__={"site":"steppe-herald",')
    assert "</script" not in text.lower()


def test_the_command_names_the_hash_where_a_site_needs_it(telling: Newsroom) -> None:
    """``consentkit csp`` says what the pages do."""
    runner = telling.app.test_cli_runner()
    answer = runner.invoke(args=["consentkit", "csp", "--format", "json", "--no-hosts"])
    assert answer.exit_code == 0, answer.output
    with telling.app.app_context():
        assert json.loads(answer.output) == {"consentkit": csp_sources(), "services": {}}


def test_another_mapping_is_no_new_question(make_newsroom: MakeNewsroom, clock: FrozenClock) -> None:
    """Readers are asked about purposes and recipients: who decided before is not asked again."""
    before = make_newsroom(clock=clock)
    reader = Reader(before)
    reader.decide("accept_all")
    assert reader.get("/consent/state?site=steppe-herald").get_json()["status"] == "valid"
    with before.app.app_context():
        revision = before.app.extensions["consentkit"].sites["steppe-herald"].revision
    after = make_newsroom(clock=clock, text=CONFIGURATION + SIGNALS)
    assert after.app.extensions["consentkit"].sites["steppe-herald"].revision == revision
