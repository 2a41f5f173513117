"""The script ``consentkit``, and the two commands that start a server: they stand above all the rest."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import typing as t
from pathlib import Path

import click
import flask

from .cli.group import consentkit_cli
from .config import Settings
from .errors import ConfigError
from .errors import Problem
from .jobs.exits import flush_all

_DEMO_USER = "officer@steppe-herald.example"
_SAMPLES = 6000


def main() -> None:
    """Run the command line."""
    consentkit_cli.main(prog_name="consentkit")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
@click.option(
    "--articles",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of plain-text stories to show instead of the bundled ones.",
)
@click.option("--empty", is_flag=True, help="Start without sample records.")
def demo(host: str, port: int, articles: Path | None, *, empty: bool) -> None:
    """Serve the demo newsroom: a small news site in three languages, with everything switched on.

    It keeps its records in a temporary SQLite file, or where CONSENTKIT_DATABASE_URL says, and its keys beside them.
    """
    from .demo import newsroom  # noqa: PLC0415 - no other command needs the newsroom
    from .demo import server  # noqa: PLC0415
    from .demo.stories import StoryError  # noqa: PLC0415

    try:
        listener = server.listen(host, port)
    except OSError as error:
        raise click.ClickException(f"Nothing can listen on {host}, port {port}: {error.strerror}.") from None
    with listener, tempfile.TemporaryDirectory(prefix="consentkit-demo-") as folder:
        url = os.environ.get("CONSENTKIT_DATABASE_URL") or f"sqlite:///{folder}/demo.db"
        try:
            app = newsroom.create_app(
                articles=articles,
                config=server.write_site(Path(folder), listener.getsockname()[1]),
                database_url=url,
                secret_key=_secret_beside(url, Path(folder)),
            )
        except StoryError as error:
            raise click.ClickException(str(error)) from None
        password = _furnish(app, empty=empty)
        try:
            server.serve(app, listener, admin_email=_DEMO_USER, admin_password=password)
        finally:
            # Before the folder goes, and while the application is still there.
            flush_all()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="How many processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the toolkit by itself, for sites that are not Flask: reverse-proxy /consent/, or embed the tag.

    The key that signs cookies comes from CONSENTKIT_SECRET_KEY, else from a file beside the SQLite database.
    """
    try:
        from granian import Granian  # noqa: PLC0415 - an extra
    except ImportError:
        raise click.ClickException(
            "Serving needs the package 'granian': install 'consentkit[serve]', or run 'consentkit.console:service()' "
            "with a WSGI server of your own."
        ) from None
    service()  # Tell what is wrong before the processes start.
    Granian(
        "consentkit.console:service",
        address=host,
        port=port,
        interface=t.cast("t.Any", "wsgi"),
        workers=workers,
        # Python runs one of them at a time; more would only wait for it.
        blocking_threads=8,
        factory=True,
        log_access=False,
    ).serve()


def service() -> flask.Flask:
    """Return the application that ``consentkit serve`` runs: nothing but the toolkit, set up by the environment.

    :raises ConfigError: a setting or a site's file is wrong.
    """
    from .extension import ConsentKit  # noqa: PLC0415 - the commands that need no application start quicker
    from .web.proxies import TrustedProxies  # noqa: PLC0415

    here = Path.cwd()
    app = flask.Flask("consentkit_service", root_path=str(here), instance_path=str(here / "instance"))
    settings = Settings.from_mapping({}, root=here, instance=Path(app.instance_path))
    app.secret_key = os.environ.get("CONSENTKIT_SECRET_KEY") or _secret_beside(settings.database_url, None)
    app.config["SECRET_KEY_FALLBACKS"] = os.environ.get("CONSENTKIT_SECRET_KEY_FALLBACKS", "").split() or None
    ConsentKit(app)
    proxies = {
        proxy
        for snapshot in app.extensions["consentkit"].sites.values()
        for proxy in snapshot.site.network.trusted_proxies
    }
    app.wsgi_app = TrustedProxies(app.wsgi_app, sorted(proxies))  # type: ignore[method-assign]  # Flask's own way
    return app


def _secret_beside(url: str, otherwise: Path | None) -> str:
    """Return the secret key that lies beside an SQLite database, made when first asked for."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + ":"):
        path = Path(url.removeprefix(prefix).partition("?")[0] + ".secret-key")
    elif otherwise is not None:
        path = otherwise / "secret-key"
    else:
        raise ConfigError(
            Problem(
                "'CONSENTKIT_SECRET_KEY'",
                "",
                "is not set, and cookies are signed with it.",
                "Set it to a long random value.",
            )
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written whole, then named: another process that starts now finds all of it, or nothing and is the second.
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".secret-key-")
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        Path(draft).unlink()
    return path.read_text("ascii").strip()


def _furnish(app: flask.Flask, *, empty: bool) -> str | None:
    """Give the demo an admin user, and sample records if it has none. Returns the new user's password."""
    from .clock import SystemClock  # noqa: PLC0415
    from .operations.create_account import create_account  # noqa: PLC0415
    from .operations.sample_records import add_sample_records  # noqa: PLC0415
    from .runtime import current_runtime  # noqa: PLC0415
    from .storage.accounts import Role  # noqa: PLC0415

    with app.app_context():
        runtime = current_runtime()
        password = None
        with runtime.database.unit_of_work() as uow:
            if uow.accounts.by_email(_DEMO_USER) is None:
                password = secrets.token_urlsafe(12)
                create_account(uow, _DEMO_USER, role=Role.OWNER, password=password, clock=SystemClock())
            if not empty and not uow.records.any():
                for snapshot in runtime.sites.values():
                    add_sample_records(uow, snapshot, count=_SAMPLES, clock=SystemClock())
        return password


if __name__ == "__main__":
    main()
