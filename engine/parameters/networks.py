"""IP addresses and networks, as flow files and headers write them."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator

from engine.limits import LONGEST_ADDRESS
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.validated import TEXTS, Kind
from engine.values.addresses import Address
from engine.work.gate import LISTS

Network = IPv4Network | IPv6Network

EXPECTED = "IP addresses and networks, such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32"
EVERYBODY = "0.0.0.0/0, ::/0"


def read_address(value: Any) -> Address | None:
    """Return the address that a text holds; None for anything else. An IPv4 address inside IPv6 is the IPv4 address."""
    if not _may_be_one(value):
        return None
    try:
        address = ip_address(value)
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def read_network(value: Any) -> Network | None:
    """Return the network that a text holds; an address alone is a network of one. IPv4 inside IPv6 is IPv4."""
    if not _may_be_one(value):
        return None
    try:
        network = ip_network(value.strip(), strict=False)
    except ValueError:
        return None
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    return IPv4Network((mapped, network.prefixlen - 96)) if mapped and network.prefixlen >= 96 else network


def _may_be_one(value: Any) -> bool:
    """Return whether it is a short text without the zone of a link."""
    return isinstance(value, str) and len(value) <= LONGEST_ADDRESS and "%" not in value


def entries_of(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return each entry of a list or of a comma list, with its place in the flow file if that is known."""
    if isinstance(value, str):
        return [(entry.strip(), None) for entry in value.split(",")]
    if isinstance(value, LISTS):
        return zip(value, getattr(value, "places", [None] * len(value)), strict=True)
    return [(value, None)]


def _networks(value: Any) -> tuple[Network, ...]:
    if isinstance(value, str) and not value.strip():
        return ()
    mistakes, networks = [], []
    for entry, place in entries_of(value):
        network = entry if isinstance(entry, Network) else read_network(entry)
        if network is None:
            write = EVERYBODY if entry == "*" else ""
            mistakes.append(Mistake("F303", shown(entry), EXPECTED, write, place))
        else:
            networks.append(network)
    if mistakes:
        refuse(mistakes)
    return tuple(networks)


Networks = Annotated[tuple[Network, ...], BeforeValidator(_networks), Kind("list", TEXTS)]
"""Addresses and networks: a list, or a comma list."""
