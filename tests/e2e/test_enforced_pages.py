"""Pages that are held to what their readers agreed to, in a browser: the logs of the third parties are the witness."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import typing as t

import flask
import pytest
from playwright.sync_api import expect

from consentkit import ConsentKit
from tests.e2e.paper import expect_asked
from tests.e2e.paper import expect_decided
from tests.e2e.paper import press
from tests.e2e.paper import recorded
from tests.e2e.reader import Reader
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.sites import write_site

#: Beside the counter, which :func:`tests.sites.write_site` declares.
MORE = """
[[services]]
id = "youtube"
name = "YouTube"
provider = "Google Ireland Ltd"
country = "IE"
purposes = ["embeds"]
hosts = ["video.example:{port}"]

[enforcement]
csp = "enforce"
"""
PAGE = """<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Story</title>{{ consentkit.head() }}</head>
<body>{{ consentkit.notice() }}<main><h1>A story</h1>BODY</main>
<footer>{{ consentkit.settings_link() }}</footer></body></html>"""
TYPES = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "html": "text/html"}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"></svg>'


@dataclasses.dataclass(slots=True)
class Paper:
    """A paper, and third parties under other names of the same server."""

    port: int
    #: The body of each page, by its path.
    pages: dict[str, str] = dataclasses.field(default_factory=dict)
    #: What the third parties were asked for, in order.
    asked: list[str] = dataclasses.field(default_factory=list)
    #: The pages that the paper was asked for, and the frames of its own.
    served: list[str] = dataclasses.field(default_factory=list)
    #: Whether pages lack the line by which the browser does not look ahead.
    plain: bool = False
    #: Who may keep them.
    keep: str = "no-cache"
    #: A policy of the paper's own.
    policy: str = ""

    def url(self, path: str = "/", host: str = "www.paper.example") -> str:
        """Return an address."""
        return f"http://{host}:{self.port}{path}"

    def page(self, body: str) -> str:
        """Write the page, forget what was, and return its address. ``{counter}`` and ``{video}`` are third parties."""
        self.pages["/"] = body.format(
            counter=self.url("", "counter.example"), video=self.url("", "video.example"), own=self.url("")
        )
        self.asked.clear()
        self.served.clear()
        return self.url()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> cabc.Iterator[Paper]:
    """The paper, for all tests of this file."""
    folder = tmp_path_factory.mktemp("enforced")
    paper = Paper(free_port())
    configuration = write_site(folder, origins=[paper.url("")])
    text = configuration.read_text("utf-8").replace("counter.example", f"counter.example:{paper.port}")
    configuration.write_text(text + MORE.format(port=paper.port), "utf-8")
    app = flask.Flask("enforced", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(configuration),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    ConsentKit(app)

    @app.get("/a/<name>")
    def file(name: str) -> flask.Response:
        paper.asked.append(name)
        stem, _, extension = name.rpartition(".")
        text = {"js": f"(window.ran ??= []).push({stem!r})", "svg": SVG, "html": "<p>A film"}.get(extension, "")
        answer = flask.Response(text, mimetype=TYPES.get(extension, "text/plain"))
        answer.headers["Cache-Control"] = "no-store"
        return answer

    app.add_url_rule("/favicon.ico", view_func=lambda: ("", 404), endpoint="icon")

    @app.get("/")
    @app.get("/<path:path>")
    def page(path: str = "") -> flask.Response:
        body = paper.pages.get(f"/{path}")
        if body is None:
            flask.abort(404)
        text = flask.render_template_string(PAGE.replace("BODY", body))
        if paper.plain:
            text = text.replace('<meta http-equiv="Content-Security-Policy" content="">', "")
        return flask.Response(text, headers={"Cache-Control": paper.keep}, mimetype="text/html")

    @app.after_request
    def note(answer: flask.Response) -> flask.Response:
        if answer.status_code == 200 and answer.mimetype == "text/html" and not flask.request.path.startswith("/a/"):
            paper.served.append(flask.request.path)
            if paper.policy and not flask.request.path.startswith("/consent/"):
                answer.headers["Content-Security-Policy"] = paper.policy
        return answer

    with serve(app, port=paper.port):
        yield paper
    app.extensions["consentkit"].database.dispose()


@pytest.fixture
def paper(running: Paper) -> Paper:
    """The same, as it was at the beginning."""
    running.pages.clear()
    running.plain, running.keep, running.policy = False, "no-cache", ""
    return running


def ran(visitor: Reader) -> list[str]:
    """Return the scripts that have run, in order."""
    return t.cast("list[str]", visitor.page.evaluate("() => window.ran ?? []"))


#: Live, as nobody should write them.
LIVE = """<script src="{counter}/a/live.js"></script><img src="{counter}/a/live.svg">
<link rel="stylesheet" href="{counter}/a/live.css"><iframe src="{video}/a/live.html"></iframe>
<script>fetch("{counter}/a/fetch.txt", {{ mode: "no-cors" }}).catch(() => {{}})</script>"""
GATED = '<script type="text/plain" data-consent="analytics" data-src="{counter}/a/counter.js"></script>'
OWN = '<script type="text/plain" data-consent="analytics" data-src="/a/own.js"></script>'
NAMED = """<script type="text/plain" data-consent="analytics" data-service="counter">
(window.ran ??= []).push("inline"); new Image().src = "{counter}/a/pixel.svg"</script>"""
FILM = (
    '<div class="consentkit-embed" data-consent="embeds" data-service="youtube"><div class="consentkit-embed-words">'
    '<button data-consentkit-embed="once">Once</button><button data-consentkit-embed="always">Always</button></div>'
    '<iframe data-consent="embeds" data-service="youtube" data-src="{video}/a/film.html" title="A film" hidden>'
    "</iframe></div>"
)


def test_a_cached_page_asks_nobody_who_was_not_agreed_to(paper: Paper, reader: cabc.Callable[..., Reader]) -> None:
    """Its header lets everything through; its head does not. Without one line there, Chromium looks ahead and asks."""
    url = paper.page(LIVE)
    visitor = reader()
    visitor.open(url)
    expect_asked(visitor)
    assert paper.asked == []
    assert len(visitor.witness("violations")) >= 5
    # What the guide says of browsers that look ahead all the same: they ask, and nothing of it runs or shows.
    paper.plain = True
    for _ in range(5):
        visitor.reload()
        # On a busy machine the parser may be faster.
        if paper.asked:
            break
    assert set(paper.asked) == {"live.js", "live.svg", "live.css"}
    assert ran(visitor) == []
    # A page that is its reader's alone has their policy in the header: there is nothing to look ahead for.
    paper.keep = "private"
    paper.asked.clear()
    visitor.reload()
    assert paper.asked == []
    paper.plain, paper.keep = False, "no-cache"
    press(visitor, "accept_all")
    paper.asked.clear()
    visitor.reload()
    assert set(paper.asked) == {"live.js", "live.svg", "live.css", "live.html", "fetch.txt"}
    assert visitor.witness("violations") == []
    assert visitor.errors == []


def test_accept_loads_the_page_anew_only_for_a_host_that_its_policy_lacks(
    paper: Paper, reader: cabc.Callable[..., Reader]
) -> None:
    """Once, and before anything runs twice. A frame needs no new page, nor does the site's own script."""
    visitor = reader()
    visitor.open(paper.page(OWN + FILM))
    press(visitor, "accept_all")
    expect(visitor.page.locator("iframe")).to_be_visible()
    assert paper.served == ["/", "/consent/embed"]
    assert sorted(paper.asked) == ["film.html", "own.js"]
    assert visitor.witness("violations") == []
    # From now on the page's policy has the host.
    visitor.open(paper.page(OWN + FILM))
    assert paper.served == ["/"]
    assert sorted(paper.asked) == ["film.html", "own.js"]

    visitor = reader()
    visitor.open(paper.page(OWN + GATED))
    press(visitor, "accept_all")
    assert paper.served == ["/", "/"]
    assert sorted(paper.asked) == ["counter.js", "own.js"]
    assert sorted(ran(visitor)) == ["counter", "own"]
    expect_decided(visitor)
    # Only to stop what runs.
    with recorded(visitor):
        visitor.page.evaluate("() => consentkit.reject()")
    assert paper.served == ["/", "/", "/"]
    assert ran(visitor) == []
    assert sorted(paper.asked) == ["counter.js", "own.js"]
    assert visitor.errors == []


def test_refusing_loads_nothing_anew(paper: Paper, reader: cabc.Callable[..., Reader]) -> None:
    """Where nothing ran that would have to be stopped."""
    visitor = reader()
    visitor.open(paper.page(GATED + NAMED + FILM))
    press(visitor, "reject_all")
    assert paper.served == ["/"]
    assert paper.asked == []


def test_a_script_in_the_page_needs_the_hosts_of_its_service(paper: Paper, reader: cabc.Callable[..., Reader]) -> None:
    """What it loads from there nobody can see before it runs."""
    visitor = reader()
    visitor.open(paper.page(NAMED))
    press(visitor, "accept_all")
    assert paper.served == ["/", "/"]
    assert ran(visitor) == ["inline"]
    assert paper.asked == ["pixel.svg"]


def test_what_another_tab_decided_waits_for_the_next_page(paper: Paper, reader: cabc.Callable[..., Reader]) -> None:
    """Nobody's page is loaded anew under their eyes; the frame, which needs no new page, shows."""
    visitor = reader()
    visitor.open(paper.page(GATED + FILM))
    first = visitor.page
    visitor.page = visitor.context.new_page()
    visitor.open(paper.url())
    press(visitor, "accept_all")
    assert paper.asked.count("counter.js") == 1
    visitor.page.close()
    visitor.page = first
    paper.served.clear()
    paper.asked.clear()
    first.evaluate("() => { document.dispatchEvent(new Event('visibilitychange')); }")
    expect(first.locator("iframe")).to_be_visible()
    visitor.rest()
    assert paper.served == ["/consent/embed"]
    assert paper.asked == ["film.html"]
    visitor.reload()
    assert ran(visitor) == ["counter"]


def test_a_refusal_narrows_the_page_that_stays(paper: Paper, reader: cabc.Callable[..., Reader]) -> None:
    """A script that stops by itself is not all that could ask. Who agrees once more gets a page that may."""
    ask = "address => fetch(address, { mode: 'no-cors' }).then(() => 'asked', () => 'stopped')"
    pixel = paper.url("/a/pixel.svg", "counter.example")
    visitor = reader()
    visitor.open(paper.page(GATED.replace("<script", "<script data-stops")))
    press(visitor, "accept_all")
    assert visitor.page.evaluate(ask, pixel) == "asked"
    with recorded(visitor):
        visitor.page.evaluate("() => consentkit.reject()")
    assert paper.served == ["/", "/"]
    assert visitor.page.evaluate(ask, pixel) == "stopped"
    with recorded(visitor):
        visitor.page.evaluate("() => consentkit.accept()")
    assert paper.served == ["/", "/", "/"]
    assert paper.asked == ["counter.js", "pixel.svg", "counter.js"]
    assert visitor.page.evaluate(ask, pixel) == "asked"


def test_show_once_shows_what_the_page_may_not_load(paper: Paper, reader: cabc.Callable[..., Reader]) -> None:
    """Recorded nowhere, and gone with the page. The provider learns which site it is, and no address."""
    visitor = reader()
    visitor.open(paper.page(FILM))
    press(visitor, "reject_all")
    before = visitor.cookies()
    visitor.page.locator("[data-consentkit-embed=once]").click()
    film = visitor.page.frame_locator("main iframe").frame_locator("iframe")
    expect(film.get_by_text("A film")).to_be_visible()
    [asked] = [one for one in visitor.requests if one.url.startswith(paper.url("/a/", "video.example"))]
    assert asked.headers["referer"] == paper.url()
    box = visitor.page.locator("main iframe").bounding_box()
    inner = film.owner.bounding_box()
    assert box
    assert inner
    assert (inner["width"], inner["height"]) == (
        pytest.approx(box["width"], abs=5),
        pytest.approx(box["height"], abs=5),
    )
    assert visitor.cookies() == before
    assert paper.served == ["/", "/consent/embed"]
    visitor.reload()
    expect(visitor.page.locator("main iframe")).to_be_hidden()
    assert paper.asked == ["film.html"]


def test_a_strict_policy_of_the_host_stands_beside_ours(paper: Paper, reader: cabc.Callable[..., Reader]) -> None:
    """By hashes, with Trusted Types: nothing of consentkit's is refused, and ours narrows the host's own."""
    sources = ConsentKit.csp_sources()
    for name, host in (("script-src", "counter.example"), ("img-src", "counter.example")):
        sources[name] = [*sources.get(name, []), paper.url("", host)]
    lines = ["default-src 'none'", *(f"{name} {' '.join(values)}" for name, values in sources.items())]
    paper.policy = "; ".join([*lines, "require-trusted-types-for 'script'", "trusted-types consentkit"])
    visitor = reader()
    visitor.open(paper.page(FILM + GATED + '<img src="{counter}/a/live.svg">'))
    assert paper.asked == []
    # By ours; theirs would have let it.
    assert [line.split()[:2] for line in visitor.witness("violations")] == [
        ["img-src", paper.url("/a/live.svg", "counter.example")]
    ]
    press(visitor, "accept_all")
    assert paper.served.count("/") == 2
    assert {"counter.js", "live.svg"} <= set(paper.asked)
    assert ran(visitor) == ["counter"]
