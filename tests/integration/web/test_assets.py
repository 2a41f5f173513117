"""The widget's files: what stands in the page, what the page asks for, and under which addresses."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import json

import click.testing
import flask
import pytest

from consentkit import ConsentKit
from consentkit.console import consentkit_cli
from consentkit.errors import ConfigError
from tests.integration.web.conftest import MakeNewsroom
from tests.integration.web.newsroom import CONFIGURATION
from tests.integration.web.newsroom import ELSEWHERE
from tests.integration.web.newsroom import Newsroom
from tests.integration.web.newsroom import Reader
from tests.sites import write_site


class _Scripts(html.parser.HTMLParser):
    """Collects a page's elements, and the text of its inline scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.addresses: list[str] = []
        self._open = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._open = tag == "script"
        if self._open:
            self.found.append((values, ""))
        address = values.get("href" if tag == "link" else "src")
        if address is not None:
            self.addresses.append(address)

    def handle_data(self, data: str) -> None:
        if self._open:
            attributes, text = self.found[-1]
            self.found[-1] = (attributes, text + data)

    def handle_endtag(self, tag: str) -> None:
        self._open = False


def inline(page: str) -> list[tuple[dict[str, str | None], str]]:
    """Return the inline scripts that run, with their attributes."""
    return [(values, text) for values, text in _Scripts(page).found if text and values.get("type") != "text/plain"]


def test_each_inline_script_is_allowed_by_its_hash(reader: Reader, tmp_path, monkeypatch) -> None:
    """As the page has it, byte for byte; in the template's method, in the class's and in the command."""
    scripts = inline(reader.get("/news/1").text)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for _, text in scripts]
    expected = [*(f"'sha256-{digest}'" for digest in hashes), "'self'"]
    assert len(scripts) == 2
    with reader.newsroom.app.app_context():
        assert ConsentKit.csp_sources()["script-src"] == expected
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(write_site(tmp_path)))
    said = click.testing.CliRunner().invoke(consentkit_cli, ["csp", "--format", "json"]).stdout
    assert json.loads(said)["consentkit"]["script-src"] == expected


def test_the_command_names_the_hosts_of_every_site(tmp_path, monkeypatch) -> None:
    """Also where two sites have a service of one name."""
    for name in ("first", "second"):
        file = write_site(tmp_path, site=name)
        text = file.read_text("utf-8").replace('"counter.example"', f'"{name}.example"')
        file.rename(tmp_path / f"{name}.toml").write_text(text, "utf-8")
    monkeypatch.setenv("CONSENTKIT_CONFIG", str(tmp_path))
    said = click.testing.CliRunner().invoke(consentkit_cli, ["csp", "--format", "json"]).stdout
    assert json.loads(said)["services"] == {"counter": ["first.example", "second.example"]}


def test_each_inline_script_carries_the_nonce(tmp_path) -> None:
    """Where the host makes one; the hashes stay the same."""
    app = flask.Flask("host", instance_path=str(tmp_path))
    app.config.update(SECRET_KEY="of this test", CONSENTKIT_CONFIG=str(write_site(tmp_path)))
    consent = ConsentKit(app, csp_nonce=lambda: "a<nonce")
    app.add_url_rule(
        "/", "front", lambda: flask.render_template_string("{{ consentkit.head() }}{{ consentkit.notice() }}")
    )
    scripts = inline(app.test_client().get("/").text)
    assert [values.get("nonce") for values, _ in scripts] == ["a<nonce"] * 2
    with app.test_request_context("/"):
        held = flask.render_template_string("{{ consentkit.script('analytics', src='https://counter.example/c.js') }}")
    assert held == (
        '<script type="text/plain" data-consent="analytics" nonce="a&lt;nonce" '
        'data-src="https://counter.example/c.js"></script>'
    )
    assert consent.csp_sources() == ConsentKit.csp_sources()
    app.extensions["consentkit"].database.dispose()


def test_the_data_are_read_as_they_were_written(newsroom: Newsroom) -> None:
    """Even where a proxy's path has what would end an attribute, a string or a script."""
    root = "/it's <\"&</script>"
    page = Reader(newsroom).get("/", environ_overrides={"SCRIPT_NAME": root}).text
    values, text = inline(page)[1]
    config = json.loads(values["data-consentkit-config"] or "")
    assert values["type"] == "module"
    assert (config["base"], config["locale"]) == (f"{root}/consent/", "ru")
    assert config["version"] == newsroom.notice()
    assert text == inline(Reader(newsroom).get("/").text)[1][1]


@pytest.mark.parametrize(("old", "new"), [("consentkit.css", "bar.css"), ("page.js", None)])
def test_a_page_from_before_finds_its_files(reader: Reader, old: str, new: str | None) -> None:
    """A cache may have kept a page that asks for the script as a file, under a version that is gone."""
    answer = reader.get(f"/consent/static/{old}?v=0123456789abcdef")
    assert answer.status_code == 200
    assert "max-age=300" in answer.headers["Cache-Control"]
    script = f"(()=>{{{inline(reader.get('/').text)[-1][1]}}})()"
    assert answer.text == (reader.get(f"/consent/static/{new}").text if new else script)


def test_the_files_can_stand_elsewhere(make_newsroom: MakeNewsroom) -> None:
    """Pages, the tag and the service's own pages then name that folder alone; what a cache kept goes on working."""
    reader = Reader(make_newsroom(CONSENTKIT_URL_PREFIX="/c", CONSENTKIT_ASSETS_PATH="a7"))
    for page in ("/news/1", "/c/preferences", "/c/privacy"):
        addresses = [address for address in _Scripts(reader.get(page).text).addresses if ".css?v" in address]
        assert addresses
        for address in addresses:
            assert address.startswith("/c/a7/")
            assert "immutable" in reader.get(address).headers["Cache-Control"]
    assert '"assets":"a7/"' in reader.get("/c/widget.js").text.replace(" ", "")
    assert reader.get("/c/a7/send.js").data == reader.get("/c/static/send.js").data
    assert reader.get("/c/a7/head.js").status_code == 404
    assert "/a7/{name}" in reader.get("/c/openapi.json").get_json()["paths"]


@pytest.mark.parametrize("ending", ["js", "mjs"])
def test_the_tag_is_found_beside_the_files_too(reader: Reader, ending: str) -> None:
    """The same script, but for where it finds the service; with its own version."""
    widget = reader.get(f"/consent/widget.{ending}?site=steppe-herald&locale=ru")
    tag = reader.get(f"/consent/static/tag.{ending}?site=steppe-herald&locale=ru")
    assert (tag.status_code, tag.headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert tag.text == widget.text.replace('"base":"."', '"base":".."')
    again = reader.get(
        f"/consent/static/tag.{ending}", query_string={"locale": "ru", "v": tag.headers["ETag"].strip('"')}
    )
    assert "immutable" in again.headers["Cache-Control"]


def test_the_tag_comes_as_a_module_too(reader: Reader) -> None:
    """The same data, for whoever imports it from whatever origin, kept as long as the script."""
    script = reader.get("/consent/widget.js?site=steppe-herald&locale=ru")
    module = reader.get("/consent/widget.mjs?site=steppe-herald&locale=ru", headers={"Origin": ELSEWHERE})
    assert module.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert module.headers["Access-Control-Allow-Origin"] == "*"
    assert module.headers["Cache-Control"] == script.headers["Cache-Control"]
    assert "as default" in module.text
    assert "as default" not in script.text
    assert _data(module.text) == _data(script.text)
    version = module.headers["ETag"].strip('"')
    again = reader.get("/consent/widget.mjs", query_string={"site": "steppe-herald", "locale": "ru", "v": version})
    assert "immutable" in again.headers["Cache-Control"]
    assert "declare const consentkit" in reader.get("/consent/static/widget.d.mts").text


def _data(script: str) -> object:
    """Return the data that the server has written into the tag."""
    return json.JSONDecoder().raw_decode(script[script.index('{"assets"') :])[0]


@pytest.mark.parametrize("value", ["", "a/b", "/", "..", "a.js", "a b"])
def test_the_folder_is_one_segment(make_newsroom: MakeNewsroom, value: str) -> None:
    """Anything else is told at the start."""
    with pytest.raises(ConfigError, match="CONSENTKIT_ASSETS_PATH"):
        make_newsroom(CONSENTKIT_ASSETS_PATH=value)


@pytest.mark.parametrize("layout", ["bar", "box", "modal"])
def test_a_page_loads_the_style_of_its_own_layout(make_newsroom: MakeNewsroom, layout: str) -> None:
    """And no other: neither from the page, nor in the tag, nor in the evidence."""
    text = CONFIGURATION + f'\n[notice]\nlayout = "{layout}"\n'
    newsroom = make_newsroom(text=text)
    reader = Reader(newsroom)
    sheets = [address for address in _Scripts(reader.get("/news/1").text).addresses if ".css?v" in address]
    # The page has an embed.
    expected = [f"/consent/static/{layout}.css", "/consent/static/embeds.css"]
    assert [address.partition("?")[0] for address in sheets] == expected
    style = reader.get(sheets[0]).text
    evidence = newsroom.runtime.site("steppe-herald").notices["ru"].style
    assert evidence.startswith(style)
    for other in {"bar", "box", "modal"} - {layout}:
        assert f".consentkit-{other}" not in evidence
        assert f".consentkit-{other}" not in reader.get("/consent/widget.js?locale=ru").text.partition('"css"')[2]
