"""The applications that the benchmarks serve. What they need to know stands in the environment."""

from __future__ import annotations

import os
import pathlib

import flask

from consentkit import ConsentKit

_PAGE = "x" * 200


def bare() -> flask.Flask:
    """Return a Flask application with one GET of 200 bytes and one POST of a small JSON: what there is to lose."""
    app = flask.Flask("bare")

    @app.get("/")
    def page() -> str:
        return _PAGE

    @app.post("/")
    def take() -> tuple[dict[str, object], int]:
        sent = flask.request.get_json()
        return {"record_id": sent["nonce"], "purposes": sent["purposes"]}, 201

    return app


def consent() -> flask.Flask:
    """Return a Flask application with consentkit and nothing else."""
    folder = pathlib.Path(os.environ["BENCH_FOLDER"])
    app = flask.Flask("consent", root_path=str(folder), instance_path=str(folder / "instance"))
    app.config.update(
        SECRET_KEY="a key for benchmarks",
        CONSENTKIT_CONFIG=str(folder / "site.toml"),
        CONSENTKIT_DATABASE_URL=os.environ["BENCH_DATABASE_URL"],
    )
    ConsentKit(app)
    return app
