"""A notice as markup, and the version that names exactly that."""

from __future__ import annotations

import html.parser
import json
import re
import typing as t

import pytest

from consentkit.consent.site import Site
from consentkit.notice.render import BASE
from consentkit.notice.render import NEXT
from consentkit.notice.render import Notice
from consentkit.notice.render import canonical_json
from consentkit.notice.render import render
from tests.factories import NOON
from tests.factories import make_site
from tests.unit.notice.test_model import LINKS
from tests.unit.notice.test_model import LOCALES
from tests.unit.notice.test_model import content
from tests.unit.notice.test_model import revision

STYLE = ".consentkit{color:inherit}"
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def notice(site: Site | None = None, locale: str = "ru", **changes: t.Any) -> Notice:
    """A rendered notice."""
    return render(content(site, locale, **changes), changes.pop("style", STYLE))


class Elements(html.parser.HTMLParser):
    """The elements of some markup, and whether each one that begins also ends."""

    VOID = frozenset({"input", "br", "img", "link", "meta", "hr"})

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """An element ends: the one that began last."""
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of that name."""
        return [attributes for name, attributes in self.found if name == tag]


# ── the first layer ──


@pytest.mark.parametrize("locale", LOCALES)
def test_the_first_layer_has_what_the_contract_names(locale: str) -> None:
    """One region in its language, three buttons, two links, no box to tick."""
    made = notice(locale=locale)
    elements = Elements(made.html)
    _, region = elements.found[0]
    assert region["id"] == "consentkit-notice"
    assert (region["lang"], region["dir"]) == (locale, "rtl" if locale == "ar" else "ltr")
    assert "data-nosnippet" in region
    assert region["role"] == "region"
    labels = {attributes.get("id") for _, attributes in elements.found}
    assert region["aria-labelledby"] in labels
    actions = [button["data-consentkit-action"] for button in elements.of("button")]
    assert actions == ["accept_all", "reject_all", "customize"]
    assert [link["data-consentkit-policy"] for link in elements.of("a")] == ["privacy", "terms"]
    assert not any(field["type"] == "checkbox" for field in elements.of("input"))


def test_accept_and_refuse_weigh_the_same() -> None:
    """The same element, class and attributes; only the words and the answer differ."""
    accept, reject, _ = Elements(notice().html).of("button")
    assert accept.keys() == reject.keys()
    assert accept["class"] == reject["class"]
    assert accept["type"] == reject["type"] == "submit"


def test_the_form_says_what_was_answered() -> None:
    """Notice, language, layer and the way back are fields of it."""
    made = notice()
    fields = {field["name"]: field["value"] for field in Elements(made.html).of("input")}
    assert fields == {"notice": made.version, "locale": "ru", "layer": "1", "next": NEXT}


# ── the second layer ──


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_is_ticked(locale: str) -> None:
    """Neither a purpose nor a service, nor anything that looks so."""
    made = notice(locale=locale)
    boxes = [field for field in Elements(made.preferences_html).of("input") if field["type"] == "checkbox"]
    assert [box["value"] for box in boxes if box["name"] == "purposes"] == ["analytics", "embeds"]
    assert [box["value"] for box in boxes if box["name"] == "services"] == ["youtube"]
    assert not any("checked" in box for box in boxes)
    assert "aria-checked" not in made.preferences_html


def test_the_page_ticks_what_was_chosen() -> None:
    """And only there; what the script shows is the same for everybody."""
    site = make_site()
    made = notice(site)
    page = made.page("/consent/", "/", chosen=site.choose({"embeds": True}, {}), since=None)
    ticked = [field["value"] for field in Elements(str(page)).of("input") if "checked" in field]
    assert ticked == ["embeds"]
    untouched = made.page("/consent/", "/", chosen=site.refuse_all(), since=None)
    assert not [field for field in Elements(str(untouched)).of("input") if "checked" in field]


def test_the_page_tells_only_what_is_new_to_the_reader() -> None:
    """What changed since their own decision."""
    history = [
        revision(number, {"kind": "recipient_added", "service": "x", "name": f"Name {number}"}) for number in (2, 3)
    ]
    site = make_site()
    made = notice(site, revision=3, history=history)
    page = str(made.page("/consent/", "/", chosen=site.refuse_all(), since=2))
    shown = [entry for entry in Elements(page).of("li") if "data-revision" in entry and "hidden" not in entry]
    assert [entry["data-revision"] for entry in shown] == ["3"]
    hidden = [entry for entry in Elements(made.html).of("li") if "data-revision" in entry]
    assert len(hidden) == 2
    assert all("hidden" in entry for entry in hidden)


# ── escaping ──


def poisoned(value: t.Any, path: tuple[str, ...] = ()) -> t.Any:
    """The content with script in every text that a configuration, or a catalog, can give."""
    if isinstance(value, dict):
        return {key: poisoned(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item, path) for item in value]
    return EVIL if isinstance(value, str) and path[-1] != "locale" else value


def test_script_in_every_text_is_text() -> None:
    """Whatever a field holds, no element and no attribute comes of it."""
    history = [revision(2, {"kind": "recipient_added", "service": "x", "name": "Name"})]
    plain = content(revision=2, history=history)
    made = render(poisoned(plain), STYLE)
    for dirty in (made.html, made.preferences_html):
        assert "<script" not in dirty
        assert "<img" not in dirty
        found = Elements(dirty)
        for _tag, attributes in found.found:
            assert not any(name.startswith("on") for name in attributes)


def test_where_it_stands_and_leads_back_is_text() -> None:
    """Both come from the request."""
    for layer in (notice().first_layer, notice().second_layer):
        placed = str(layer('/"><script>', '/x"><script>alert(1)</script>'))
        assert "<script" not in placed
        assert BASE not in placed
        assert NEXT not in placed
        Elements(placed)


# ── the version ──


def test_the_version_is_sixteen_characters() -> None:
    """Lower-case base32, in every place the same."""
    made = notice()
    assert re.fullmatch(r"[a-z2-7]{16}", made.version)
    assert made.content["version"] == made.version
    assert made.html.count(made.version) == 2
    assert made.version in made.preferences_html
    assert made.stored(NOON).version == made.version


def test_the_same_content_has_the_same_bytes() -> None:
    """Evidence is stored once, by every process under the same name."""
    assert notice() == notice()
    assert notice().stored(NOON) == notice().stored(NOON)


def leaves(value: t.Any, path: tuple[t.Any, ...] = ()) -> t.Iterator[tuple[t.Any, ...]]:
    """The paths to all plain values."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = False
    for key, item in items:
        found = True
        yield from leaves(item, (*path, key))
    if not found and not isinstance(value, (dict, list)):
        yield path


def test_any_other_content_is_another_version() -> None:
    """Every single value counts, shown or not."""
    plain = content()
    versions = {notice().version}
    paths = [path for path in leaves(plain) if path != ("locale",)]
    assert len(paths) > 60
    for path in paths:
        changed = json.loads(json.dumps(plain))
        place = changed
        for key in path[:-1]:
            place = place[key]
        before = place[path[-1]]
        place[path[-1]] = (
            not before if isinstance(before, bool) else before + 1 if isinstance(before, int) else f"{before}x"
        )
        versions.add(render(changed, STYLE).version)
    assert len(versions) == len(paths) + 1


def test_another_style_is_another_version() -> None:
    """What a reader saw has its looks as well."""
    assert render(content(), STYLE).version != render(content(), STYLE + " ").version


def test_each_language_is_a_version_of_its_own() -> None:
    """A record says which one was read."""
    assert len({notice(locale=locale).version for locale in LOCALES}) == len(LOCALES)


def test_the_evidence_shows_it_again() -> None:
    """Content, both layers and style are stored; the content alone says what was hashed."""
    stored = notice().stored(NOON)
    assert json.loads(stored.content)["texts"] == content()["texts"]
    assert (stored.locale, stored.regime, stored.layout, stored.revision) == ("ru", "gdpr", "bar", 1)
    assert stored.html == notice().html
    assert stored.preferences_html == notice().preferences_html
    assert stored.style == STYLE
    assert stored.first_published_at == NOON


def test_canonical_json_has_one_form() -> None:
    """The order of keys says nothing; letters stay letters."""
    assert canonical_json({"b": 1, "a": ["ж"]}) == canonical_json({"a": ["ж"], "b": 1}) == '{"a":["ж"],"b":1}'


def test_links_are_those_that_were_given() -> None:
    """Pages of the site's own as well as ours."""
    own = LINKS | {"privacy": type(LINKS["terms"])("https://www.steppe-herald.example/p?a=1&b=2", "")}
    page = str(notice(policies=own).first_layer("/consent/", "/"))
    assert 'href="https://www.steppe-herald.example/p?a=1&amp;b=2"' in page
    assert 'href="/consent/terms?site=steppe-herald"' in page
