"""What the descriptions of routes are put together from."""

from __future__ import annotations

from .openapi_schemas import Json


def schema(name: str) -> Json:
    """Return a reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(description: str, media: str | None = None, content: Json | None = None, **headers: str) -> Json:
    """Return an answer of one media type.

    :param content: its schema; a text without. :param headers: their meanings, by name with ``_`` for ``-``.
    """
    described: Json = {"description": description}
    if media is not None:
        described["content"] = {media: {"schema": content or {"type": "string"}}}
    if headers:
        described["headers"] = {
            name.replace("_", "-"): {"description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        }
    return described


def problem(description: str, **headers: str) -> Json:
    """Return an answer that says what is wrong: to programs as RFC 9457 has it, to people as a page."""
    described = answer(description, None, None, **headers)
    described["content"] = {
        "application/problem+json": {"schema": schema("Problem")},
        "text/html": {"schema": {"type": "string"}},
    }
    return described


NOT_FOUND = problem("There is no such site, or nothing at this address.")
NOT_ALLOWED = problem("This method has no meaning here.", Allow="The methods that have.")
UNCHANGED = {"description": "What the client has is still current."}
