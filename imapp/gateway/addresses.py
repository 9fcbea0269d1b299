"""Whose address a request comes from, when proxies stand in front."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

# Whoever has one IPv6 address has 2^64 of them.
_IPV6_PREFIX: Final = 64


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks from addresses or prefixes.

    Raises:
        ValueError: one is neither.
    """
    return tuple(ip_network(text) for text in texts)


@lru_cache(maxsize=4_096)
def client_address(peer: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """The address that limits count by.

    `X-Forwarded-For` is read from its end, as far as trusted proxies have written it: what stands before an
    address that nobody trusted vouches for is whatever the client liked. An IPv6 address counts as its /64.
    """
    address = peer
    hops = [hop.strip() for hop in forwarded_for.split(",")] if forwarded_for else []
    while hops and _is_trusted(address, trusted):
        hop = hops.pop()
        if _parsed(hop) is None:
            break  # no address at all, so the nearest proxy stands for it
        address = hop
    return _counted(address)


def _is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


def _counted(address: str) -> str:
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_PREFIX), strict=False))
    return str(parsed) if parsed is not None else address


def _parsed(address: str) -> object:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
