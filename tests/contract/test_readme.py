"""The README's promises: its application works when pasted, its tag and its commands are the real ones."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.e2e.servers import free_port

ROOT = pathlib.Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BIN = pathlib.Path(sys.executable).parent
START = 60.0


def fetch(url: str, body: dict[str, object] | None = None) -> tuple[int, str, list[str]]:
    """Return status, text and cookies of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    with urllib.request.urlopen(request, timeout=15) as answer:
        return answer.status, answer.read().decode(), answer.headers.get_all("Set-Cookie") or []


@pytest.fixture(scope="module")
def pasted(tmp_path_factory):
    """The README's application, pasted beside what `consentkit init` wrote, and run by Flask's own server."""
    folder = tmp_path_factory.mktemp("readme")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CONSENTKIT_", "FLASK_"))}
    subprocess.run([BIN / "consentkit", "init"], cwd=folder, env=environment, check=True, capture_output=True)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 1
    (folder / "paper.py").write_text(blocks[0], encoding="utf-8")
    port = free_port()
    command = [BIN / "flask", "--app", "paper", "run", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + START
            url = f"http://127.0.0.1:{port}"
            while True:
                try:
                    fetch(f"{url}/")
                    break
                except urllib.error.HTTPError:
                    break
                except OSError:
                    assert process.poll() is None, (folder / "log").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(15)


def test_the_application_is_ten_lines_and_works_when_pasted(pasted):
    """The page has the notice; a decision is recorded and answered with the cookies."""
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    status, page, cookies = fetch(f"{pasted}/")
    assert status == 200
    assert 'id="consentkit-notice"' in page
    assert cookies == []
    notice = json.loads(fetch(f"{pasted}/consent/notice?locale=en")[1])["version"]
    body = {"action": "accept_all", "notice": notice, "locale": "en", "page": "/", "nonce": "0" * 32}
    status, answer, cookies = fetch(f"{pasted}/consent/decisions", body)
    assert status == 201
    assert json.loads(answer)["record_id"]
    assert {cookie.partition("=")[0] for cookie in cookies} == {"consentkit", "consentkit_id"}


def test_the_tag_names_the_real_script(pasted):
    """The path in the README's tag, for this site, is answered with script."""
    (path,) = re.findall(r'<script src="(/consent/[^?"]+)\?', README)
    status, script, _ = fetch(f"{pasted}{path}?locale=en")
    assert status == 200
    assert "consentkit" in script


def test_the_commands_are_targets_of_the_makefile():
    """What the README and CONTRIBUTING tell to type can be typed."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    told = set(re.findall(r"make ([a-z-]+)", README + (ROOT / "CONTRIBUTING.md").read_text("utf-8")))
    assert told - {"and"} <= targets
