"""The page of what is declared and what was seen."""

from __future__ import annotations

import json
import re

import pytest

from consentkit.storage.observations import Kind
from consentkit.storage.observations import Observation
from consentkit.storage.observations import Outcome
from consentkit.storage.observations import Seen

PAGE = "/consent/admin/services"


def see(runtime, *names, kind=Kind.COOKIE, outcome=Outcome.WITHHELD, site="steppe-herald", count=1):
    """Store that these were seen now."""
    now = runtime.clock.now()
    with runtime.database.unit_of_work() as uow:
        for name in names:
            seen = Seen(site, kind, name, "", "news", 0, outcome)
            uow.observations.add(Observation(seen=seen, count=count, lifetime=60, first_seen=now, last_seen=now))


def names(answer):
    """Return the names in the list, in its order."""
    return re.findall(r'<td role="cell" class="what"><bdi><code>(.*?)</code>', answer.text)


def test_what_is_declared_is_there_before_anything_was_seen(officer):
    """With what would be seen, and how."""
    answer = officer.get(PAGE)
    assert answer.status_code == 200
    assert names(answer) == ["_count", "counter.example"]
    assert answer.text.count("Not seen in 90 days") == 2
    assert "Nothing was seen yet." in answer.text
    assert "Proposed entries" not in answer.text


def test_what_is_not_declared_comes_first_with_an_entry_to_copy(officer, runtime):
    """Its platform looked up, beside it how often and when; and that anybody can send reports."""
    see(runtime, "_ga", count=3)
    see(runtime, "ads.example", kind=Kind.HOST, outcome=Outcome.BLOCKED, count=2)
    see(runtime, "_count", outcome=Outcome.PASSED, count=1234)
    see(runtime, "session", "consentkit", outcome=Outcome.PASSED)
    see(runtime, "another", site="another")
    answer = officer.get(PAGE)
    assert names(answer) == ["_ga", "ads.example", "_count", "counter.example", "consentkit", "session"]
    assert "2 cookies and hosts were seen that no service declares." in answer.text
    assert "Anybody can send a report" in answer.text
    for text in ("Perhaps of Google Analytics", "withheld: 3", "blocked: 2", "let through: 1,234", "2026-11-23T"):
        assert text in answer.text, text
    assert 'href="#proposal-google-analytics"' in answer.text
    assert 'id="proposal-google-analytics"' in answer.text
    assert "name = &#34;_ga&#34;" in answer.text


def test_a_filter_narrows_and_stays_in_every_link(officer, runtime):
    """By kind and by what the configuration says."""
    see(runtime, "_ga")
    see(runtime, *(f"h{i}.example" for i in range(60)), kind=Kind.HOST)
    assert len(names(officer.get(f"{PAGE}?kind=host"))) == 50
    assert names(officer.get(f"{PAGE}?kind=cookie&standing=undeclared")) == ["_ga"]
    assert names(officer.get(f"{PAGE}?standing=declared")) == ["_count", "counter.example"]
    answer = officer.get(f"{PAGE}?standing=undeclared&kind=host&page=2")
    assert len(names(answer)) == 10
    assert re.search(r'href="[^"]*kind=host[^"]*standing=undeclared[^"]*page=1" rel="prev"', answer.text)
    assert re.search(r'href="[^"]*kind=host[^"]*lang=ru"', answer.text)
    assert names(officer.get(f"{PAGE}?standing=own")) == []


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=٣", "page=" + "9" * 5000, "kind=x", "standing=%00"])
def test_what_makes_no_sense_is_the_beginning(officer, query):
    """Nothing fails on it."""
    assert names(officer.get(f"{PAGE}?{query}")) == ["_count", "counter.example"]


def test_a_site_that_is_not_there_is_not_found(officer):
    """On both pages."""
    assert officer.get(f"{PAGE}?site=nowhere").status_code == 404
    assert officer.get(f"{PAGE}.json?site=nowhere").status_code == 404


def test_hostile_names_are_shown_and_do_nothing(officer, runtime):
    """Neither as markup nor by turning the line around."""
    see(runtime, "</code><script>alert(1)</script>", "\u202etxt.exe\x07", "x" * 4000, "'\"><img src=x>")
    answer = officer.get(PAGE)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert "\u202e" not in answer.text
    assert r"\u202etxt.exe\x07" in answer.text
    assert len(answer.text) < 40_000


def test_it_is_downloaded_as_the_command_prints_it(officer, runtime):
    """One object, for who may export."""
    see(runtime, "_ga")
    answer = officer.get(f"{PAGE}.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="services-steppe-herald-2026-11-23.json"'
    [site] = json.loads(answer.text)["sites"]
    assert site["entries"][0]["name"] == "_ga"


@pytest.mark.parametrize("lang", ["en", "ru", "kk"])
def test_every_word_is_in_the_officers_language(officer, runtime, lang):
    """The title is the place; nothing is left in English."""
    see(runtime, "_ga")
    text = officer.get(f"{PAGE}?lang={lang}").text
    titles = {"en": "Services", "ru": "Сервисы", "kk": "Сервистер"}
    assert f"<title>{titles[lang]} · Steppe Herald</title>" in text
    assert ("Not declared" in text) == (lang == "en")


def test_nobody_sees_it_without_signing_in(visitor):
    """They are led to the sign-in."""
    for page in (PAGE, f"{PAGE}.json"):
        assert visitor.get(page).status_code == 303
