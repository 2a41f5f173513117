"""The page that checks a receipt: in the browser alone, whatever the file is, and in words."""

from __future__ import annotations

import base64
import collections.abc as cabc
import copy
import datetime as dt
import hashlib
import json
import pathlib
import re
import typing as t

import flask
import pytest
from playwright.sync_api import expect

from consentkit import ConsentKit
from consentkit.notice.render import canonical_json
from consentkit.storage import migrate
from consentkit.storage.unit_of_work import Database
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.sites import write_site

VECTORS = pathlib.Path(__file__).parents[1] / "vectors"
RECEIPT = VECTORS / "receipt.json"
RESULT = "#consentkit-check-result"
FRAME = "iframe.check-frame"
HOSTILE = "<img src=x onerror=\"document.title='hit'\"><script>document.title='hit'</script>"


class Site(t.NamedTuple):
    """A running site."""

    url: str
    #: Every request that the server got, in order: method and path.
    log: list[str]

    def page(self, locale: str = "en") -> str:
        """Return the address of the page."""
        return f"{self.url}/consent/receipts/check?site=steppe-herald&locale={locale}"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> cabc.Iterator[Site]:
    """A site whose log has the key of the receipt, with a log of what its server was asked for."""
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    log: list[str] = []
    app = flask.Flask("host", instance_path=str(folder))
    configuration = write_site(folder, locales=["en", "ru", "kk", "ar"], origins=[f"http://127.0.0.1:{port}"])
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(configuration),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    # Before the site has one of its own: its log is then signed elsewhere, as far as this process knows.
    database = Database(app.config["CONSENTKIT_DATABASE_URL"])
    migrate.upgrade(database)
    key = (VECTORS / "receipt.key").read_text("utf-8").strip()
    with database.unit_of_work() as uow:
        uow.log_keys.add("steppe-herald", key, dt.datetime(2025, 11, 1, tzinfo=dt.UTC))
    database.dispose()
    ConsentKit(app)
    app.before_request(lambda: log.append(f"{flask.request.method} {flask.request.path}"))
    with serve(app, port=port):
        yield Site(f"http://127.0.0.1:{port}", log)
    app.extensions["consentkit"].database.dispose()


def check(visitor, data: bytes | pathlib.Path) -> None:
    """Give the page a file and wait for what it says."""
    files = data if isinstance(data, pathlib.Path) else {"name": "receipt.json", "mimeType": "", "buffer": data}
    visitor.page.locator("#consentkit-check-file").set_input_files(files)
    expect(visitor.page.locator(f"{RESULT} h2")).to_be_focused()


def changed(**values: object) -> bytes:
    """Return the receipt with other values in it, by path with double underscores."""
    receipt = json.loads(RECEIPT.read_text("utf-8"))
    for path, value in values.items():
        *names, last = path.split("__")
        place = receipt
        for name in names:
            place = place[name]
        place[last] = value
    return json.dumps(receipt).encode()


def test_a_receipt_is_checked_without_a_network(reader, site):
    """Everything holds, in words; the server hears nothing of it, and could be gone."""
    visitor = reader(locale="en")
    visitor.open(site.page())
    visitor.context.set_offline(True)
    before, asked = len(site.log), len(visitor.requests)
    check(visitor, RECEIPT)
    result = visitor.page.locator(RESULT)
    expect(result.locator("h2")).to_contain_text("The receipt holds")
    expect(result.locator(".check-list .check-holds")).to_have_count(5)
    # What was agreed to, by the names that the notice had.
    expect(result.locator(".check-facts").first).to_contain_text("November")
    frame = visitor.page.frame_locator(FRAME)
    expect(frame.locator("#consentkit-notice h2")).to_be_visible()
    assert frame.locator("#consentkit-notice").evaluate("e => getComputedStyle(e).boxSizing") == "border-box"
    visitor.page.locator(f"{RESULT} details summary").first.click()
    expect(visitor.page.frame_locator(f"{RESULT} details {FRAME}").locator("#consentkit-preferences")).to_be_visible()
    visitor.rest()
    assert (site.log[before:], [request.url for request in visitor.requests[asked:]]) == ([], [])
    assert visitor.witness("violations") == []
    assert visitor.errors == []


@pytest.mark.parametrize(("locale", "width", "dark"), [("ru", 1280, False), ("ar", 390, True), ("kk", 390, False)])
def test_axe_finds_nothing(reader, site, locale, width, dark):
    """Before a check and after it, in each direction and colour scheme."""
    visitor = reader(locale=locale, width=width, dark=dark)
    visitor.open(site.page(locale))
    for summary in visitor.page.locator("summary").all():
        summary.click()
    assert visitor.axe() == []
    visitor.picture(f"receipt-check-{locale}-{width}-{'dark' if dark else 'light'}-before")
    check(visitor, RECEIPT)
    visitor.rest()
    assert visitor.axe() == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.page.screenshot(
        path=pathlib.Path(__file__).parents[1] / ".artifacts" / f"receipt-check-{locale}-{width}.png", full_page=True
    )


def test_a_narrow_page_holds_its_file_field_and_its_months(reader, site):
    """Chromium takes Kazakh and does not know its months: "M11" is nothing to read."""
    visitor = reader(locale="kk", width=390)
    visitor.open(site.page("kk"))
    field, drop = visitor.page.locator("#consentkit-check-file"), visitor.page.locator(".check-drop")
    inner, outer = field.bounding_box(), drop.bounding_box()
    assert inner
    assert outer
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] - 20
    check(visitor, RECEIPT)
    times = visitor.page.locator(f"{RESULT} time").all_inner_texts()
    assert times
    assert not [text for text in times if re.search(r"\bM\d\d\b", text)]


def test_what_was_changed_is_named(reader, site):
    """The record, behind the log's back; and what the file says is said with reserve."""
    visitor = reader(locale="en")
    visitor.open(site.page())
    check(visitor, changed(record__decided_at="2020-01-01T00:00:00.000000Z"))
    result = visitor.page.locator(RESULT)
    expect(result.locator("h2")).to_contain_text("does not hold")
    expect(result.locator(".check-list .check-fails")).to_have_count(2)
    expect(result.locator("h3").first).to_have_text("What the file says, unconfirmed")


def test_another_key_is_believed_when_it_is_put_in(reader, site):
    """Without the key nothing contradicts the receipt, and nothing shows it; a line that is no key is named."""
    visitor = reader(locale="en")
    visitor.open(site.page())
    check(visitor, RECEIPT)
    visitor.page.locator("#consentkit-check-form summary").click()
    keys = visitor.page.locator("#consentkit-check-keys")
    key = keys.input_value()
    keys.fill("nonsense")
    keys.blur()
    expect(visitor.page.locator("#consentkit-check-wrong")).to_contain_text("nonsense")
    expect(visitor.page.locator(f"{RESULT} h2")).to_contain_text("Not everything could be checked")
    keys.fill(key)
    keys.blur()
    expect(visitor.page.locator(f"{RESULT} h2")).to_contain_text("The receipt holds")


def test_a_dropped_file_is_checked(reader, site):
    """Wherever on the page it is let go."""
    visitor = reader(locale="en")
    visitor.open(site.page())
    visitor.page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "receipt.json"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        RECEIPT.read_text("utf-8"),
    )
    expect(visitor.page.locator(f"{RESULT} h2")).to_contain_text("The receipt holds")


def notice_of(html: str) -> dict[str, t.Any]:
    """Return a record and a notice that fit each other, made by somebody who means harm."""
    receipt = json.loads(RECEIPT.read_text("utf-8"))
    notice = copy.deepcopy(receipt["notice"])
    notice["content"].pop("version", None)
    style = "@import '/evil.css'; body{background:url(/evil.png)} p{position:fixed}"
    evidence = canonical_json({"content": notice["content"], "html": html, "preferences": html, "style": style})
    version = base64.b32encode(hashlib.sha256(evidence.encode()).digest()).decode().lower()[:16]
    receipt["record"]["notice_version"] = version
    receipt["notice"] |= {
        "version": version,
        "content": notice["content"],
        "html": html,
        "preferences_html": html,
        "style": style,
    }
    return receipt


def test_a_hostile_receipt_does_no_harm(reader, site):
    """Markup where words belong, a notice made to run, load, send and lead away: all of it is text, or is not there."""
    visitor = reader(locale="en")
    visitor.open(site.page())
    before = len(site.log)
    html = (
        f"<p>Words</p>{HOSTILE}<meta http-equiv=refresh content='0;/evil'><link rel=preconnect href=/evil>"
        "<iframe src=/evil></iframe><svg onload=alert(1)></svg><a href='/evil' target=_top style='color:red'>away</a>"
        "<form action=/evil><button formaction=/evil autofocus>send</button></form><style>p{color:red}</style>"
        "<p>More words</p>"
    )
    receipt = notice_of(html)
    receipt["record"] |= {"site": HOSTILE, "action": HOSTILE, "purposes": {"<b>x</b>": True, "__proto__": False}}
    check(visitor, json.dumps(receipt).encode())
    expect(visitor.page.locator(f"{RESULT} h2")).to_contain_text("does not hold")
    expect(visitor.page.locator(RESULT)).to_contain_text(HOSTILE)
    frame = visitor.page.frame_locator(FRAME)
    expect(frame.locator("p")).to_have_text(["Words", "More words"])
    left = "img, script, meta[http-equiv], link, iframe, svg, style, [href], [action], [formaction], [style]"
    assert frame.locator(left).count() == 0
    visitor.rest()
    assert (visitor.page.title()[:5], site.log[before:]) == ("Check", [])


def test_what_is_no_receipt_is_said_to_be_none(reader, site, tmp_path):
    """Empty, nested without end, too long, of a wrong type, of a later version. And the page goes on working."""
    visitor = reader(locale="en")
    visitor.open(site.page())
    # A file of its own: its bytes need not go through the driver.
    long = tmp_path / "receipt.json"
    long.write_bytes(b" " * 10_000_000)
    for data, title in (
        (b"", "This is no receipt"),
        (long, "This file is too long"),
        (b"[" * 200_000, "This is no receipt"),
        (changed(receipt_version=2), "This receipt is of a newer form"),
        (b'{"a":' * 50_000, "This is no receipt"),
        (RECEIPT.read_bytes(), "The receipt holds"),
        (changed(record__purposes="all"), "This is no receipt"),
    ):
        check(visitor, data)
        expect(visitor.page.locator(f"{RESULT} h2")).to_contain_text(title)
    assert visitor.errors == []


def test_without_script_the_page_names_the_command(reader, site):
    """And the keys, which the command needs."""
    visitor = reader(locale="ru", script=False)
    visitor.open(site.page("ru"))
    expect(visitor.page.locator("#consentkit-check-form")).to_be_hidden()
    expect(visitor.page.locator("noscript pre").first).to_have_text("consentkit receipt verify FILE --key KEY")
    expect(visitor.page.locator("noscript pre").last).to_contain_text("+369fdad2+")
