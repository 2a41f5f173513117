"""Whose word on a request is taken: only that of the proxies that a site names."""

from __future__ import annotations

import functools
import ipaddress


@functools.lru_cache(maxsize=1024)
def is_trusted(peer: str, networks: tuple[str, ...]) -> bool:
    """Whether the address *peer* is in one of *networks* (addresses or networks, IPv4 or IPv6). Never raises.

    An IPv4 address is the same in its IPv6 form, as a socket for both shows it (RFC 4291, 2.5.5.2).
    """
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in ipaddress.ip_network(network, strict=False) for network in networks)
