"""A 201 means that the record is durable, whatever happens to the process next."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import typing as t
import urllib.request
from pathlib import Path

from consentkit.storage.records import RecordFilter
from consentkit.storage.unit_of_work import Database
from tests.sites import write_site


class Server:
    """A real server in a process of its own."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.web.server", str(folder), database_url],
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/consent"

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it without a word."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate()

    def ask(self, path: str, body: dict[str, object] | None = None) -> tuple[int, dict[str, t.Any]]:
        """The status and the JSON of an answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)


def test_a_killed_process_has_its_record(tmp_path: Path, database: Database, database_url: str) -> None:
    """Killed right after the 201; the next process knows the decision, and its nonce as well."""
    write_site(tmp_path)
    database.dispose()
    with Server(tmp_path, database_url) as server:
        notice = server.ask("/notice")[1]["version"]
        body: dict[str, object] = {
            "action": "accept_all",
            "notice": notice,
            "locale": "ru",
            "nonce": secrets.token_urlsafe(16),
        }
        status, answer = server.ask("/decisions", body)
        server.kill()
    assert status == 201
    with database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(answer["record_id"]) is not None
    with Server(tmp_path, database_url) as server:
        status, again = server.ask("/decisions", body)
    assert status == 201
    # Its address alone is another one: the port is the system's choice.
    assert again | {"receipt_url": ""} == answer | {"receipt_url": ""}
    with database.unit_of_work(read_only=True) as uow:
        records = list(uow.records.stream(RecordFilter()))
    assert [(record.id, record.action) for record in records] == [(answer["record_id"], "accept_all")]
