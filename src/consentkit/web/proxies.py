"""Behind a proxy: its word on scheme, host and address is taken, but only the word of one that is configured."""

from __future__ import annotations

import collections.abc as cabc
import typing as t

from werkzeug.middleware.proxy_fix import ProxyFix

from ..enforcement.peers import is_trusted

if t.TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from _typeshed.wsgi import WSGIApplication
    from _typeshed.wsgi import WSGIEnvironment


class TrustedProxies:
    """Applies Werkzeug's :class:`~werkzeug.middleware.proxy_fix.ProxyFix` to requests that a trusted proxy passed on.

    From anybody else, ``X-Forwarded-…`` says nothing.

    :param networks: addresses and networks, as ``trusted_proxies`` of a site's configuration has them.
    """

    def __init__(self, app: WSGIApplication, networks: cabc.Iterable[str]) -> None:
        self._app = app
        self._behind = ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        self._networks = tuple(networks)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> cabc.Iterable[bytes]:
        """Pass the request on."""
        trusted = is_trusted(environ.get("REMOTE_ADDR", ""), self._networks)
        return (self._behind if trusted else self._app)(environ, start_response)
