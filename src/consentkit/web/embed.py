"""``GET embed``: a page with one frame of a declared service, for pages whose own policy does not let it through.

A policy cannot widen once a page has it. What a reader asks to see there is framed by a page of the site's own origin,
with a policy of its own for that one frame. So an agreement needs no new page for the sake of a video, and *Show once*
needs none to be recorded.
"""

from __future__ import annotations

import urllib.parse

import flask

from ..embeds.declared import Declared
from ..embeds.offers import Offers
from ..enforcement.consent_policy import essential
from ..errors import NotFound
from ..i18n.locales import direction
from ..runtime import current_runtime
from .assets import static_asset
from .negotiation import own_origin
from .negotiation import requested_locale
from .negotiation import requested_site
from .pages import base_url
from .problems import problem

#: What a page frames something by (Fetch Metadata, 2.2). Alone in a window it would be somebody's content under the
#: site's name, at an address that anybody can write.
_FRAMES = {"iframe", "frame", "embed", "object"}


def embed() -> flask.Response:
    """Answer ``GET embed?src=…``, where a service that readers can agree to loads frames from there.

    Whether this reader agreed is not asked: who presses *Show once* agreed to nothing that a server could know of. The
    same bytes for everybody, so that they can be kept.

    :raises NotFound: no service is declared for it, or pages of this site have no policies.
    """
    snapshot = requested_site(current_runtime())
    site = snapshot.site
    src = flask.request.args.get("src", "")
    if not src:
        return problem(400, "Expected the address of a frame.", field="src")
    declared = Declared(site.services, name=site.id, own=own_origin(), origins=site.site.origins)
    content = Offers(declared, sandbox=False).alone(src) if site.enforcement.narrows_pages else None
    if content is None or content.frame is None or content.service is None:
        raise NotFound("No service of the site is declared for such a frame.")
    if flask.request.headers.get("Sec-Fetch-Dest", "iframe") not in _FRAMES:
        raise NotFound("This is shown in a page of the site's alone.")
    locale = requested_locale(site)
    style = static_asset("frame.css")
    response = flask.Response(
        flask.render_template(
            "consentkit/embed.html",
            lang=locale,
            dir=direction(locale),
            title=content.name,
            frame=content.frame,
            allow=content.allow,
            fullscreen=content.fullscreen,
            base=base_url(),
            assets=current_runtime().settings.assets_path,
            style=style.version if style else "",
        ),
        mimetype="text/html",
    )
    parts = urllib.parse.urlsplit(content.frame)
    sources = [f"{parts.scheme}://{parts.netloc}", *essential(content.service.hosts)]
    ancestors = ["'self'", *site.site.origins]
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; frame-src {' '.join(sources)}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {' '.join(ancestors)}"
    )
    # Players want to know which site shows them; no address of ours, in which theirs is.
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Content-Language"] = locale
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "public, max-age=300"
    response.vary.add("Sec-Fetch-Dest")
    return response
