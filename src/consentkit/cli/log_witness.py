"""``consentkit log witness``: watch somebody else's log, and cosign what extends the one that was seen before."""

from __future__ import annotations

import http.server
import itertools
import logging
import socket
import threading
import time
import typing as t
import urllib.parse
from pathlib import Path

import click

from ..clock import SystemClock
from ..errors import ConfigError
from ..errors import ConsentKitError
from ..errors import Problem
from ..errors import ProofInvalid
from ..ledger.notes import LocalSigner
from ..ledger.notes import Verifier
from ..ledger.notes import is_name
from ..operations.durable_files import locked
from ..operations.durable_files import replace
from ..operations.witness import MAX_REQUEST
from ..operations.witness import Witness

log = logging.getLogger("consentkit")

_PATH = "/add-checkpoint"
_SECONDS = 15
_AT_ONCE = 32


@click.command()
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file in which the witness remembers what it saw.",
)
@click.option(
    "--key",
    "key_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The witness's own private key; made if it is not there. Beside the state, if not given.",
)
@click.option("--name", help="The witness's name, for a key that is made. This machine's name, if not given.")
@click.option(
    "--log-key",
    "log_keys",
    multiple=True,
    metavar="KEY",
    help="A verifier key line of a log, or a file of them. Without it the key that a log shows at first is believed.",
)
@click.option("--every", type=click.IntRange(1, 86_400), metavar="SECONDS", help="Look again and again.")
@click.option("--listen", metavar="HOST:PORT", help="Take checkpoints that logs submit (C2SP tlog-witness).")
@click.pass_context
def witness(
    ctx: click.Context,
    *,
    urls: tuple[str, ...],
    state: Path,
    key_file: Path | None,
    name: str | None,
    log_keys: tuple[str, ...],
    every: int | None,
    listen: str | None,
) -> None:
    """Act as a witness of the logs at these addresses, such as https://news.example/consent/log/herald.

    Checks that each checkpoint is signed by the log and extends the one seen before, remembers it, and prints it with a
    cosignature. Exits 1 if one does not: then two histories of one log were shown, and the message has the second.
    """
    if not urls and not (listen and log_keys):
        raise click.UsageError("Name the address of a log, or '--listen' with '--log-key' for logs that submit.")
    found = Witness(state, _own_key(key_file or state.with_name(f"{state.name}.key"), name), clock=SystemClock())
    click.echo(f"The witness's verifier key: {found.verifier}", err=True)
    for given in log_keys:
        for verifier in _verifiers(given):
            found.trust(verifier)
    if listen is not None:
        server = _listening(found, listen)
        click.echo(f"Listening on http://{listen}{_PATH}", err=True)
        if not urls:
            server.serve_forever()
        threading.Thread(target=server.serve_forever, daemon=True).start()
    for turn in itertools.count():
        if turn:
            time.sleep(every or _SECONDS)
        held = [_look(found, url) for url in urls]
        if every is None and listen is None:
            ctx.exit(0 if all(held) else 1)


def _look(found: Witness, url: str) -> bool:
    known = set(found.logs())
    try:
        note = found.watch(url)
    except ConsentKitError as error:
        click.echo(str(error), err=True)
        return False
    for origin in set(found.logs()) - known:
        keys = ", ".join(map(str, found.logs()[origin].keys))
        click.echo(f"Seen for the first time; from now on the log '{origin}' must be signed by: {keys}", err=True)
    click.echo(str(note))
    return True


def _own_key(path: Path, name: str | None) -> LocalSigner:
    """Return the witness's key, made if there is none yet."""
    name = name or f"{socket.gethostname()}/consentkit-witness"
    if not is_name(name):
        raise click.BadParameter("a name has no spaces and no plus signs.", param_hint="'--name'")
    try:
        with locked(path):
            if not path.exists():
                replace(path, f"{LocalSigner.generate(name).private_line}\n", mode=0o600)
                click.echo(f"A key was made and lies in {path}. Keep it, and the state, together.", err=True)
        return LocalSigner.parse(path.read_text("utf-8"))
    except OSError as error:
        raise click.FileError(str(path), error.strerror) from None
    except (ProofInvalid, UnicodeDecodeError):
        raise ConfigError(Problem("'--key'", "", f"'{path}' holds no private key.")) from None


def _verifiers(given: str) -> list[Verifier]:
    """Return the keys of an option: a line, or a file of lines."""
    try:
        path = Path(given)
        text = path.read_text("utf-8") if path.is_file() else given
        return [Verifier.parse(line) for line in text.split()]
    except (OSError, UnicodeDecodeError, ProofInvalid) as error:
        raise click.BadParameter(str(error), param_hint="'--log-key'") from None


# ── taking what logs submit ──


class _Server(http.server.ThreadingHTTPServer):
    """Answers so many at once, and lets the others wait."""

    daemon_threads = True
    witness: Witness

    def __init__(self, address: tuple[str, int], found: Witness) -> None:
        self.witness = found
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        super().__init__(address, _Handler)

    def process_request(self, request: t.Any, client_address: t.Any) -> None:
        self._places.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: t.Any, client_address: t.Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class _Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = _SECONDS
    server: _Server

    def do_POST(self) -> None:
        """Answer ``add-checkpoint``."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_REQUEST or urllib.parse.urlsplit(self.path).path != _PATH:
            self.close_connection = True
            self.send_error(404 if length.isdecimal() and int(length) <= MAX_REQUEST else 413)
            return
        try:
            reply = self.server.witness.add_checkpoint(self.rfile.read(int(length)))
        except (ConsentKitError, OSError):
            log.exception("The witness cannot remember, so it does not cosign.")
            self.close_connection = True
            self.send_error(503)
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        log.info("witness: %s", format % args)

    def version_string(self) -> str:
        """Tell no versions."""
        return "consentkit"


def _listening(found: Witness, listen: str) -> _Server:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise click.BadParameter("expected HOST:PORT.", param_hint="'--listen'")
    try:
        return _Server((host.strip("[]"), int(port)), found)
    except (OSError, OverflowError) as error:
        raise click.ClickException(f"Nothing can listen on {listen}: {error}.") from None
