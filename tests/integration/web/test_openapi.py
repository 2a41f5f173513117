"""The description of the routes is valid, and it is that of the routes there are."""

from __future__ import annotations

import re
import typing as t

from openapi_spec_validator import OpenAPIV31SpecValidator

from consentkit.web.blueprint import ROUTES

if t.TYPE_CHECKING:
    from flask import Flask


def test_the_description_is_valid_openapi(app: Flask) -> None:
    """Generators and gateways can read it."""
    answer = app.test_client().get("/consent/openapi.json")
    assert answer.status_code == 200
    OpenAPIV31SpecValidator(answer.get_json()).validate()


def test_every_route_and_method_is_described_and_no_other(app: Flask) -> None:
    """Nothing is served that is not written down, and nothing is written down that is not served."""
    described = {
        (path, method.upper())
        for path, item in app.test_client().get("/consent/openapi.json").get_json()["paths"].items()
        for method in item
        if method != "servers"
    }
    served = {(re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule), method) for rule, _, views in ROUTES for method in views}
    # At the root of the host, by a blueprint of its own.
    served.add(("/.well-known/gpc.json", "GET"))
    assert described == served
