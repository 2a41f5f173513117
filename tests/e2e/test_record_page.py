"""A record's page in a real browser: stored notices that would run, load, send or lead away can do none of it."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import datetime as dt
import json
import re
import socket
import threading
import typing as t

import pytest
from playwright.sync_api import expect

from consentkit.consent.decisions import Record
from consentkit.policies.render import render
from consentkit.storage.unit_of_work import Database
from tests.e2e.servers import serve
from tests.e2e.test_audit import sign_in
from tests.factories import make_policy_version
from tests.factories import make_record

SITE = "steppe-herald"
FRAME = "iframe.notice"
RUNS = "document.title='hit';top.document.title='hit';alert('hit')"
# What a reader or a site can bring into a record.
TEXTS = ("subject_id", "regime", "country", "locale", "layout", "section", "user_agent_family", "device_class")
SCRIPT = f"<script>{RUNS}</script>"


class Home:
    """What a hostile document would call: counts whoever knocks, answers nobody, and needs no request to be seen."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.calls = 0
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address, of another site than the audit view's."""
        return f"http://home.example:{self._listener.getsockname()[1]}"

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                self.calls += 1
                caller.close()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()


@pytest.fixture
def home() -> cabc.Iterator[Home]:
    """Somebody to call."""
    home = Home()
    yield home
    home.close()


def hostile_markup(home: str) -> str:
    """Return a first layer that tries everything that markup can try, with its words in between."""
    return f"""<div id="consentkit-notice" class="consentkit-notice" onclick="{RUNS}">
<h2>Words of the notice</h2>{SCRIPT}
<img src="x" onerror="{RUNS}"><img src="{home}/image" alt="a"><img srcset="{home}/set 1x" alt="b">
<svg width="9" height="9" onload="{RUNS}"><image href="{home}/svg" width="9" height="9"></image>
<script>{RUNS}</script><use href="{home}/use#a"></use></svg>
<a id="script" href="javascript:{RUNS}">Script</a> <a id="away" href="{home}/away">Away</a>
<a id="top" target="_top" href="{home}/top" ping="{home}/ping">Top</a>
<a id="self" target="_self" href="{home}/self">Self</a>
<a id="file" href="{home}/file" download>File</a>
<form id="form" action="{home}/form" method="post"><input name="a" value="b"><button id="send">Send</button>
<button id="other" formaction="javascript:{RUNS}" formtarget="_top">Other</button></form>
<meta http-equiv="refresh" content="0;url={home}/refresh">
<meta http-equiv="refresh" content="0;url=javascript:{RUNS}">
<link rel="stylesheet" href="{home}/sheet"><link rel="preload" as="image" href="{home}/preload">
<link rel="prefetch" href="{home}/prefetch"><link rel="preconnect" href="{home}"><link rel="icon" href="{home}/icon">
<link rel="modulepreload" href="{home}/module"><link rel="manifest" href="{home}/manifest">
<iframe src="{home}/frame"></iframe><iframe srcdoc="{SCRIPT.replace('"', "&quot;")}"></iframe>
<object data="{home}/object"></object><embed src="{home}/embed">
<video src="{home}/video" poster="{home}/poster" autoplay></video><audio src="{home}/audio" autoplay></audio>
<table background="{home}/background"><tr><td style="background:url({home}/inline)">Cell</td></tr></table>
<style>@import "{home}/import";body{{background:url({home}/element)}}</style>
<details open ontoggle="{RUNS}"><summary>More</summary></details><input autofocus onfocus="{RUNS}">
<base href="{home}/base/" target="_top"></div>"""


def hostile_style(home: str) -> str:
    """Return a stylesheet that would load whatever a stylesheet can load, and end its element."""
    return (
        f'@import "{home}/style";@font-face{{font-family:f;src:url({home}/font)}}'
        f"*{{font-family:f;background-image:url({home}/background);cursor:url({home}/cursor),auto}}"
        f"h2{{content:url({home}/content);border-image:url({home}/border);list-style:url({home}/list)}}"
        f"</style>{SCRIPT}<img src=x onerror={RUNS!r}>"
    )


def store(demo: t.Any, **changes: t.Any) -> Record:
    """Store a record of the demo's site as it is, however odd."""
    record = make_record(sample=True, decided_at=dt.datetime.now(dt.UTC), **changes)
    database = Database(f"sqlite:///{demo.output.parent}/demo.db")
    with database.unit_of_work() as uow:
        uow.records.add_samples([record])
    database.dispose()
    return record


@pytest.fixture
def hostile(demo: t.Any, home: Home) -> Record:
    """A record whose notice, configuration, policy and texts are hostile."""
    version = f"h{home.url[-5:]}".ljust(16, "a").replace(":", "b")
    database = Database(f"sqlite:///{demo.output.parent}/demo.db")
    with database.unit_of_work() as uow:
        like = next(
            found
            for record in uow.records.oldest(SITE, limit=20)
            if (found := uow.notices.get(SITE, record.notice_version)) is not None
        )
        uow.notices.add_if_absent(
            dataclasses.replace(
                like,
                version=version,
                html=hostile_markup(home.url),
                preferences_html=hostile_markup(home.url),
                style=hostile_style(home.url),
            )
        )
        uow.configurations.add_if_absent(
            SITE,
            version,
            json.dumps(
                {
                    "site": {"name": {"en": SCRIPT}, "locales": ["en"]},
                    "purposes": [{"id": "analytics", "name": {"en": f"<img src={home.url}/purpose onerror={RUNS}>"}}],
                    "services": [{"id": "youtube", "name": SCRIPT, "provider": f"<img src={home.url}/provider>"}],
                }
            ),
            dt.datetime.now(dt.UTC),
        )
        markdown = (
            f"# Policy\n\n{SCRIPT}\n\n![a]({home.url}/picture) [b](javascript:{RUNS}) <meta http-equiv=refresh "
            f'content="0;url={home.url}/policy">\n\n<style>body{{background:url({home.url}/css)}}</style>\n'
        )
        policy = make_policy_version(html=render(markdown).html, version=version, publication=version)
        uow.policies.add_if_absent(policy)
    database.dispose()
    return store(
        demo,
        notice_version=version,
        config_version=version,
        policy_versions={"privacy": version},
        purposes={"analytics": True, SCRIPT: False},
        services={"youtube": True},
        **dict.fromkeys(TEXTS, SCRIPT),
    )


def frame_urls(visitor: t.Any) -> list[str]:
    """Return where the page and its frames are."""
    return [frame.url for frame in visitor.page.frames]


def test_a_hostile_notice_runs_nothing_calls_nobody_and_leads_nowhere(reader, demo, home, hostile):
    """Neither by itself nor when its links and buttons are pressed; its words are shown all the same."""
    officer = reader(locale="en")
    dialogs: list[str] = []
    officer.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    sign_in(officer, demo)
    officer.requests.clear()
    officer.open(f"{demo.url}/consent/admin/records/{hostile.id}")
    expect(officer.page.locator(FRAME)).to_have_count(2)
    title, before = officer.page.title(), officer.page.url
    for number in range(2):
        officer.page.locator(FRAME).nth(number).scroll_into_view_if_needed()
        inner = officer.page.frame_locator(FRAME).nth(number)
        expect(inner.locator("h2")).to_have_text("Words of the notice")
        officer.rest()
        # No third frame that one of the two brought.
        assert sum("/admin/notices/" in url for url in frame_urls(officer)) == 2 - number
        # The frame's own place is last: who goes there comes to the browser's page on what it did not open.
        for name in ("script", "away", "top", "file", "send", "other", "self"):
            inner.locator(f"#{name}").click(force=True)
            officer.page.wait_for_timeout(50)
        officer.rest()
    assert home.calls == 0
    assert dialogs == []
    assert (officer.page.title(), officer.page.url) == (title, before)
    assert [context.url for context in officer.context.pages] == [before]
    own = officer.page.url.split("/consent/")[0]
    assert {url.split("/consent/")[0] for url in frame_urls(officer) if url.startswith("http")} == {own}
    assert officer.errors == []


def test_the_same_markup_without_the_frame_would_run_and_call(reader, home):
    """What the test above rests on: the witnesses see it where nothing holds it back."""

    def application(_: t.Any, start: t.Callable[..., object]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        markup = re.sub(r"<meta[^>]*>|alert\('hit'\)", "", hostile_markup(home.url))
        return [f"<!doctype html><style>{hostile_style(home.url)}</style>{markup}".encode()]

    with serve(application) as port:
        visitor = reader()
        visitor.page.goto(f"http://127.0.0.1:{port}/")
        expect(visitor.page).to_have_title("hit")
        visitor.page.wait_for_timeout(300)
    assert home.calls > 3


@pytest.mark.parametrize("script", [True, False])
def test_hostile_texts_are_shown_as_text(reader, demo, home, hostile, script):
    """Of a record, a configuration and a policy: on the list, the record's page and theirs."""
    officer = reader(locale="en", script=script)
    sign_in(officer, demo)
    officer.requests.clear()
    for path in (
        f"records?record={hostile.id}",
        f"records/{hostile.id}",
        f"configurations/{SITE}/{hostile.config_version}",
        f"policies/{SITE}/privacy/ru/{hostile.config_version}",
    ):
        answer = officer.open(f"{demo.url}/consent/admin/{path}")
        assert answer.status == 200, path
        assert officer.page.locator("main script, main [onerror], main img, main meta").count() == 0
        assert "hit" not in officer.page.title().split(), path
        assert officer.page.url == f"{demo.url}/consent/admin/{path}"
        if "polic" not in path:
            assert SCRIPT in officer.page.locator("main").inner_text() or SCRIPT in officer.page.content().replace(
                "&lt;", "<"
            ).replace("&gt;", ">")
    assert home.calls == 0
