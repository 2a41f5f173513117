"""The policy from consent in a browser: what it stops is never asked for, as the servers themselves tell."""

from __future__ import annotations

import urllib.parse

import flask
import pytest

from consentkit import ConsentKit
from tests.e2e.paper import read_state
from tests.e2e.servers import free_port
from tests.e2e.servers import serve
from tests.sites import write_site

KINDS = {"script", "img", "frame", "fetch"}
VIDEO = """
[[services]]
id = "video"
name = "Video"
provider = "Video Ltd"
country = "KZ"
purposes = ["embeds"]
hosts = ["video.example:PORT"]

[notice]"""
RULES = {
    "wide": {},
    "told": {"class_header": "X-Class"},
    "own": {"pages": "private"},
    "reported": {"csp": "report-only"},
}
PAGE = """<!doctype html><html lang="ru"><title>Story</title><h1>Story</h1>
{% for host in hosts %}
<script src="//{{ host }}/script"></script><img src="//{{ host }}/img" alt=""><iframe src="//{{ host }}/frame"></iframe>
<script>fetch("//{{ host }}/fetch", { mode: "no-cors" }).catch(() => {})</script>
{% endfor %}"""


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """Four sites on one server, and three other houses beside them: the port, and what these were asked for."""
    folder, port, asked = tmp_path_factory.mktemp("papers"), free_port(), set()
    for name, rules in RULES.items():
        (folder / name).mkdir()
        path = write_site(folder / name, site=name, origins=[f"http://{name}.example:{port}"])
        text = (
            path.read_text("utf-8").replace("\n[notice]", VIDEO, 1).replace("counter.example", "counter.example:PORT")
        )
        text += "\n[enforcement]\n" + "".join(
            f'{key} = "{value}"\n' for key, value in {"csp": "enforce", **rules}.items()
        )
        path.write_text(text.replace("PORT", str(port)), encoding="utf-8")
    app = flask.Flask("papers", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(folder),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    ConsentKit(app)
    hosts = [f"{name}.example:{port}" for name in ("counter", "video", "stranger")]

    @app.get("/")
    def story():
        answer = flask.make_response(flask.render_template_string(PAGE, hosts=hosts))
        if own := flask.request.args.get("own"):
            answer.headers["Content-Security-Policy"] = own
        answer.add_etag()
        answer.make_conditional(flask.request)
        if answer.status_code == 304:
            asked.add(("page", "kept"))
        return answer

    @app.get("/<kind>")
    def other(kind):
        name = flask.request.host.partition(".")[0]
        if kind in KINDS and name not in RULES:
            asked.add((name, kind))
        return flask.Response("", mimetype={"script": "text/javascript", "frame": "text/html"}.get(kind, "text/plain"))

    with serve(app, port=port):
        yield port, asked
    app.extensions["consentkit"].database.dispose()


def visit(visitor, paper, site, query=""):
    """Open a site's page and return which house was asked for what, and the policies that the page came with."""
    port, asked = paper
    asked.clear()
    answer = visitor.open(f"http://{site}.example:{port}/{query}")
    return set(asked), answer.headers_array()


def all_of(*houses):
    """Return everything that can be asked of *houses*."""
    return {(house, kind) for house in houses for kind in KINDS}


def test_what_nobody_declared_is_never_asked_for(reader, paper):
    """Whatever asks for it: a script, a picture, a frame, a fetch. What is declared is let through on a shared page."""
    visitor = reader()
    assert visit(visitor, paper, "wide")[0] == all_of("counter", "video")
    blocked = {violation.split()[0] for violation in visitor.witness("violations")}
    assert blocked == {"script-src-elem", "img-src", "frame-src", "connect-src"}
    # For reports only, everything passes, and the browser sees the same.
    assert visit(visitor, paper, "reported")[0] == all_of("counter", "video", "stranger")
    assert {violation.split()[0] for violation in visitor.witness("violations")} == blocked


def test_both_policies_hold(reader, paper):
    """The site's own stops what it always stopped, and ours what that would let through."""
    own = f"img-src 'none'; script-src 'nonce-x' http://counter.example:{paper[0]}; report-uri /nowhere"
    found, headers = visit(reader(), paper, "wide", f"?own={urllib.parse.quote(own)}")
    # Without the nonce no script of the page runs, whatever ours says of inline ones.
    assert found == {("counter", "script"), ("counter", "frame"), ("video", "frame")}
    assert next(header["value"] for header in headers if header["name"] == "Content-Security-Policy") == own


def test_a_class_and_a_reader_have_what_was_agreed_to(reader, paper):
    """What is declared and refused is as blocked as what is not declared."""
    for told, houses in ((None, ()), ("1", ("counter",)), ("2", ("video",))):
        visitor = reader(headers={} if told is None else {"X-Class": told})
        assert visit(visitor, paper, "told")[0] == all_of(*houses), told
    visitor = reader()
    assert visit(visitor, paper, "own")[0] == set()
    decide = """async () => {
        const to = path => "/consent/" + path + "?site=own&locale=ru";
        const { version } = await (await fetch(to("notice"))).json();
        const body = { action: "save", purposes: { embeds: true }, notice: version, locale: "ru", page: "/" };
        const nonce = "n".repeat(22);
        return (await fetch(to("decisions"), { method: "POST", headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ ...body, nonce }) })).status;
    }"""
    assert visitor.page.evaluate(decide) == 201
    assert read_state(visitor.cookies()["consentkit"])["p"] == ["embeds"]
    # The same page: its words are in the browser's cache, its policy is that of now.
    assert visit(visitor, paper, "own")[0] == {("page", "kept"), *all_of("video")}
