"""A site in a process of its own: ``python -m tests.integration.web.server FOLDER DATABASE_URL``. Prints its port."""

from __future__ import annotations

import pathlib
import sys

import flask
from werkzeug.serving import make_server

from consentkit import ConsentKit


def main(folder: str, database_url: str) -> None:
    """Serve until killed."""
    app = flask.Flask(__name__, instance_path=folder)
    app.config.update(
        SECRET_KEY="a secret of this server",
        CONSENTKIT_CONFIG=str(pathlib.Path(folder, "consentkit.toml")),
        CONSENTKIT_DATABASE_URL=database_url,
    )
    ConsentKit(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.port, flush=True)  # noqa: T201 - it is the answer
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
