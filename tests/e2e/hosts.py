"""Pages as others build them, each with the notice in it: styles that reset, cover, turn around or enlarge everything.

One service with the demo's texts, three sites of it: ``bar.example``, ``box.example`` and ``modal.example`` differ in
their layout alone. Every page comes rendered by the server, and with ``by=tag`` as a page that has only the tag.
"""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import dataclasses
import functools
import pathlib
import shutil
import typing as t
import urllib.parse

import flask

from consentkit import ConsentKit
from consentkit.demo.newsroom import SITE_FILE
from tests.e2e.servers import free_port
from tests.e2e.servers import serve

PACKAGES = pathlib.Path(__file__).parent / "node_modules"
LAYOUTS = ("bar", "box", "modal")
LOCALES = ("ru", "kk", "en", "ar")


@dataclasses.dataclass(frozen=True, slots=True)
class Host:
    """What a page brings of its own.

    :param css: its stylesheet, after the notice's. :param classes: of its root element.
    :param packages: stylesheets from npm, before the notice's.
    """

    css: str = ""
    classes: str = ""
    packages: tuple[str, ...] = ()


_PLAIN = """
body { max-width: 60rem; margin: 0 auto; padding: 0 20px 40px; }
body { font: 1.0625rem/1.55 "Open Sans", "Noto Sans Arabic", sans-serif; }
html { scroll-padding-top: 80px; }
.top { position: sticky; top: 0; padding: 12px 0; background: Canvas; border-bottom: 1px solid; }
.top a { margin-inline-end: 16px; }
@media (prefers-color-scheme: dark) { :root { color-scheme: dark; } }
"""

HOSTS: t.Final[cabc.Mapping[str, Host]] = {
    "plain": Host(),
    # What each is for stands in the rules themselves.
    "unset": Host(
        "*, *::before, *::after { all: unset; } head, script, style, noscript, template { display: none; } "
        "html, body, main, header, footer, p, h1, h2, ul, li, form, div, dialog { display: block; }"
    ),
    "hidden": Host(
        "button, summary, form, h2, dialog, details { display: none; } ul { display: flex; } p { display: inline; }"
    ),
    "elements": Host("""
        div { position: relative; float: left; overflow: hidden; }
        form { width: 200px; margin: 60px; border: 4px dotted red; }
        h2 { font: italic 60px/2 cursive; color: red; text-transform: uppercase; text-align: center; }
        p { text-indent: 3em; font-size: 9px; color: #bbb; margin: 40px; text-align: justify; }
        button { width: 100%; height: 20px; font-size: 9px; text-transform: uppercase; letter-spacing: 4px; }
        button { background: red; color: pink; opacity: 0.5; border-radius: 50%; box-shadow: 0 0 9px red; }
        a, button { display: block; text-decoration: none; pointer-events: none; }
        ul { list-style: square; columns: 2; } label { display: block; width: 50px; }
        input, svg { appearance: none; -webkit-appearance: none; width: 100%; opacity: 0; }
        table, th, td { border: 3px solid red; display: block; } summary { list-style: none; pointer-events: none; }
        dialog { position: static; width: 100px; opacity: 0.2; } iframe { height: 20px; } *:focus { outline: none; }
    """),
    "header": Host(
        ".top { position: fixed; inset: 0 0 auto; z-index: 2147483647; height: 96px; } body { padding-top: 110px; }"
    ),
    "ten-pixels": Host("html { font-size: 62.5%; } body { font-size: 1.6rem; }"),
    "twenty-pixels": Host("html { font-size: 20px; }"),
    "turned": Host(
        "body { direction: rtl; text-align: right; word-spacing: 4px; white-space: nowrap; } "
        "header, main, footer { white-space: normal; }"
    ),
    "column": Host("html, body { height: 100%; } body { display: flex; flex-direction: column; overflow-x: hidden; }"),
    "grid": Host(
        "body { display: grid; grid-template-columns: 1fr min(60ch, 100%) 1fr; } body > * { grid-column: 2; }"
    ),
    "transformed": Host("body { transform: translateZ(0); }"),
    "contained": Host("body { contain: layout; container-type: inline-size; }"),
    "bootstrap": Host(packages=("bootstrap/dist/css/bootstrap.min.css",)),
    "bootstrap-rtl": Host(packages=("bootstrap/dist/css/bootstrap.rtl.min.css",)),
    "tailwind": Host(packages=("tailwindcss/preflight.css",)),
    "one-colour": Host(
        ":root { --consentkit-accent: #7a1f5c; --consentkit-on-accent: #fff; --consentkit-radius: 0; } "
        "@media (prefers-color-scheme: dark) "
        "{ :root { --consentkit-accent: #f0a8d8; --consentkit-on-accent: #20101a; } }"
    ),
}

PAGE = """<!doctype html>
<html lang="{{ lang }}" dir="{{ dir }}" class="{{ host.classes }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A page of another house</title>
<style>{{ plain }}</style>{% for name in host.packages %}<link rel="stylesheet" href="/packages/{{ name }}">{% endfor %}
{% if by == "tag" %}<script src="/consent/widget.js?site={{ site }}&amp;locale={{ locale }}" async></script>
{% else %}{{ consentkit.head(locale=locale) }}{% endif %}<style>{{ host.css|safe }}</style></head>
<body>{% if by != "tag" %}{{ consentkit.notice(locale=locale) }}{% endif %}
<header class="top"><a href="#first">Today</a><a href="#last">Archive</a></header>
<main><h1>A page of another house</h1>
{% for part in range(12) %}<h2>Part {{ part }}</h2><p>It has <a href="#first">a link</a> in each of its parts, and
enough words to be scrolled through by somebody who reads all of it, from the first line down to the last one, where
<a href="#last">another link</a> waits.</p>
<p><label>Write <input name="field-{{ part }}"></label> <button type="button">Send {{ part }}</button></p>
{% if part == 1 and by != "tag" %}
{{ consentkit.embed("steppe-video", src="http://video.example/", title="A minute of steppe", locale=locale) }}
{% endif %}{% endfor %}</main>
<footer><p>{% if by != "tag" %}{{ consentkit.settings_link(locale=locale) }} {% endif %}
<a id="last" href="#first">Back to the top</a></p></footer>
</body></html>"""


class Pages(t.NamedTuple):
    """The running sites."""

    port: int

    def url(
        self,
        host: str = "plain",
        *,
        layout: str = "bar",
        locale: str = "ru",
        lang: str | None = None,
        by: str = "server",
    ) -> str:
        """Return the address of a page.

        :param locale: the notice's. :param lang: the page's, where it is another one.
        """
        query = urllib.parse.urlencode({"locale": locale, "lang": lang or locale, "by": by})
        return f"http://{layout}.example:{self.port}/{host}?{query}"

    def own(self, name: str, *, locale: str = "ru", layout: str = "bar") -> str:
        """Return the address of one of the service's own pages."""
        return f"http://{layout}.example:{self.port}/consent/{name}?site=paper-{layout}&locale={locale}"


def _configure(folder: pathlib.Path, port: int) -> pathlib.Path:
    # These pages are about what the notice is on them, not about what becomes of the rest of them.
    text = SITE_FILE.read_text("utf-8").replace('csp = "enforce"', 'csp = "off"')
    shutil.copytree(SITE_FILE.parent / "policies", folder / "policies")
    for layout in LAYOUTS:
        own = text.replace('id = "steppe-herald"', f'id = "paper-{layout}"', 1)
        own = own.replace('layout = "bar"', f'layout = "{layout}"')
        own = own.replace('hosts = ["localhost:8000", "127.0.0.1:8000"]', 'hosts = ["video.example"]')
        lines = [
            f'origins = ["http://{layout}.example:{port}"]' if line.startswith("origins = ") else line
            for line in own.splitlines()
        ]
        (folder / f"{layout}.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


@contextlib.contextmanager
def run_hosts(folder: pathlib.Path) -> cabc.Iterator[Pages]:
    """Serve every page, with records in *folder*."""
    port = free_port()
    app = flask.Flask("hosts", instance_path=str(folder))
    app.config.update(
        SECRET_KEY="of this test",
        CONSENTKIT_CONFIG=str(_configure(folder, port)),
        CONSENTKIT_DATABASE_URL=f"sqlite:///{folder / 'records.db'}",
    )
    ConsentKit(app)

    @app.get("/<name>")
    def page(name: str) -> str:
        lang = flask.request.args["lang"]
        return flask.render_template_string(
            PAGE,
            host=HOSTS[name],
            plain=_PLAIN,
            lang=lang,
            dir="rtl" if lang == "ar" else "ltr",
            locale=flask.request.args["locale"],
            by=flask.request.args["by"],
            site="paper-" + flask.request.host.split(".")[0],
        )

    @app.get("/packages/<path:name>")
    def package(name: str) -> flask.Response:
        return flask.Response(_package(name), mimetype="text/css")

    @app.get("/favicon.ico")
    def icon() -> tuple[str, int]:
        return "", 404

    with serve(app, port=port):
        yield Pages(port)
    app.extensions["consentkit"].database.dispose()


@functools.cache
def _package(name: str) -> str:
    return (PACKAGES / name).read_text("utf-8")
