"""Behind a proxy: its word on scheme, host and address is taken, but only the word of one that is configured."""

from __future__ import annotations

import collections.abc as cabc
import ipaddress
import typing as t

from werkzeug.middleware.proxy_fix import ProxyFix

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
        self._networks = [ipaddress.ip_network(network, strict=False) for network in networks]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> cabc.Iterable[bytes]:
        """Pass the request on."""
        return (self._behind if self._trusts(environ.get("REMOTE_ADDR", "")) else self._app)(environ, start_response)

    def _trusts(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)
