"""What is said, heard by the tools themselves: Microsoft Clarity and Piano Analytics, as their makers publish them.

Their pages are on a host that only this browser knows, over https as both want it; nothing leaves the browser. The
scripts of Google, of Microsoft Advertising and of Matomo are not published where a test could take them.
"""

from __future__ import annotations

import html
import importlib.resources
import json
import pathlib

import pytest

from consentkit.consent.vendor_signals import Signals

PACKAGES = pathlib.Path(__file__).parent / "node_modules"
CLARITY = PACKAGES / "clarity-js" / "build" / "clarity.min.js"
PIANO = PACKAGES / "piano-analytics-js" / "dist" / "browser" / "piano-analytics.umd.js"
HOME = "https://www.news.example/"

#: As the script that a project's page loads starts it: its own settings first, then what was queued.
CLARITY_START = """
clarity("start", {projectId: "x", upload: "/upload", track: true, content: true, delay: 50});
clarity.q.unshift(clarity.q.pop());
"""
PIANO_START = (
    'pa.setConfigurations({site: 1, collectDomain: location.origin}); pa.sendEvent("page.display", {page: "x"})'
)


class Tool:
    """A page with the signals of one tool and the tool itself, in a reader's browser."""

    def __init__(self, visitor, table, *, before="", script, after=""):
        self.visitor = visitor
        facts = {"site": "news", "revision": 1, "purposes": ["analytics"], "services": []} | Signals.model_validate(
            {table: {}}
        ).page_facts({"analytics"})
        text = importlib.resources.files("consentkit.web").joinpath("static", "signals.js").read_text("utf-8")
        page = (
            f'<!doctype html><title>x</title><script data-consentkit-signals="{html.escape(json.dumps(facts))}">{text}'
            f"</script><script>{before}</script><script src=/tool.js></script><script>{after}</script><p>Words</p>"
        )

        def answer(route):
            if route.request.url == HOME:
                route.fulfill(body=page, content_type="text/html")
            elif route.request.url.endswith("/tool.js"):
                route.fulfill(path=script, content_type="text/javascript")
            else:
                route.fulfill(body="")

        visitor.context.route("**/*", answer)
        visitor.page.goto(HOME)
        self.rest()

    def say(self, *, granted):
        """Tell the page what holds now, as the widget does."""
        self.visitor.page.evaluate(
            """granted => document.dispatchEvent(new CustomEvent("consentkit:change",
                { detail: { status: "valid", purposes: { analytics: granted }, services: {} } }))""",
            granted,
        )
        self.rest()

    def rest(self):
        """Wait until the tool has done what it does: it takes longer pauses than the notice."""
        self.visitor.rest(quiet=0.5)

    def kept(self):
        """Return the names of the tool's cookies."""
        return set(self.visitor.cookies())


def test_clarity_keeps_nothing_until_it_may_and_nothing_after(reader):
    """Even a project that is set to cookies from the start."""
    visitor = reader()
    tool = Tool(visitor, "microsoft_clarity", before=CLARITY_START, script=CLARITY)
    visitor.page.wait_for_function("() => typeof clarity.v === 'string'")
    assert tool.kept() == set()
    tool.say(granted=True)
    assert tool.kept() == {"_clck", "_clsk"}
    tool.say(granted=False)
    assert tool.kept() == set()
    assert visitor.errors == []


@pytest.fixture
def piano(reader):
    """Piano's script on a page, before a decision."""
    return Tool(reader(), "piano", script=PIANO, after=PIANO_START)


def events(tool):
    """Return the identifiers that events were sent under since the last question."""
    sent = [url.partition("idclient=")[2] for url in tool.visitor.asked("/event?")]
    tool.visitor.requests.clear()
    return sent


def test_piano_is_out_until_it_may_and_out_again(piano):
    """No identifier of the reader; its own note of the mode is why it is to be held back as well."""
    send = "() => void pa.sendEvent('page.display', {page: 'y'})"
    assert events(piano) == ["OPT-OUT"]
    assert piano.kept() == {"_pprv"}
    piano.say(granted=True)
    piano.visitor.page.evaluate(send)
    piano.rest()
    [someone] = events(piano)
    assert someone != "OPT-OUT"
    assert "_pcid" in piano.kept()
    piano.say(granted=False)
    piano.visitor.page.evaluate(send)
    piano.rest()
    assert events(piano) == ["OPT-OUT"]
    assert piano.kept() == {"_pprv"}
    assert piano.visitor.errors == []


def test_piano_does_not_go_by_what_it_kept(piano):
    """A decision that no longer holds is not revived by its cookie on the next page."""
    piano.say(granted=True)
    events(piano)
    piano.visitor.reload()
    piano.rest()
    assert piano.visitor.page.evaluate("() => pa.consent.getMode()") == "opt-out"
    assert events(piano) == ["OPT-OUT"]
