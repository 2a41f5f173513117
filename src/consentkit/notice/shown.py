"""A stored notice as a document of its own: how it looked, for a frame in which nothing of it works."""

from __future__ import annotations

import base64
import hashlib
import re
import typing as t

import markupsafe

from ..consent.evidence import StoredNotice
from ..i18n.locales import direction
from .render import BASE
from .render import NEXT

#: The layers of a notice.
LAYERS = ("1", "2")

# A policy has no word on what these do: looking up a name, opening a connection, going elsewhere. No notice is made of
# them, so where one stands it is shown as the text that it is.
_FOREIGN = re.compile(r"<(?=/?(?:link|meta|base)\b)", re.IGNORECASE)

# What a page would do for the notice: no margin of the browser's own.
_ROOM = "body { margin: 0 }"

# Links open nowhere: the frame may not open windows, and the base sends them all to one.
_FRAME = """<!doctype html>
<html lang="{lang}" dir="{dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{version}</title>
<base target="_blank">
<style>{room}</style>
<style>{style}</style>
</head>
<body>
{html}
</body>
</html>
"""


class Shown(t.NamedTuple):
    """A document to look at, and the policy under which it can do nothing else."""

    html: str
    #: The value of Content-Security-Policy: no script, no request to anywhere, no form.
    policy: str


def as_shown(notice: StoredNotice, layer: str) -> Shown:
    """Return one of the :data:`LAYERS` of *notice*: the document of a sandboxed frame on one of our own pages."""
    # The widget shows the second layer in a dialog of this class; as wide as that it stands here.
    html = notice.html if layer == "1" else f'<div class="consentkit-dialog">{notice.preferences_html}</div>'
    # In CSS `<\\/` is `</`: whatever the stylesheet holds, it does not end its element.
    style = notice.style.replace("</", "<\\/")
    document = _FRAME.format(
        lang=markupsafe.escape(notice.locale),
        dir=direction(notice.locale),
        version=markupsafe.escape(notice.version),
        room=_ROOM,
        style=style,
        html=_FOREIGN.sub("&lt;", html.replace(BASE, "").replace(NEXT, "")),
    )
    rules = (
        "default-src 'none'",
        f"style-src {_hash(_ROOM)} {_hash(style)}",
        "img-src data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    )
    return Shown(document, "; ".join(rules))


def _hash(style: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
