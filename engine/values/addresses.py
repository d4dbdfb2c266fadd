"""Decides which hosts are public, in any spelling, and which are this machine; nothing else does."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote

Address = IPv4Address | IPv6Address

NOT_PUBLIC_V4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
    "168.63.129.16/32",  # Azure's host of a virtual machine, though it looks public
)))  # fmt: skip
"""Networks that are not globally reachable (IANA's registry of special-purpose addresses, RFC 6890), and multicast."""

GLOBAL_UNICAST = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))
"""Teredo (RFC 4380) and other protocols' networks, and those for documentation."""

NAT64 = IPv6Network("64:ff9b::/96")
"""A packet sent there reaches the IPv4 address in its last 32 bits (RFC 6052)."""
ISATAP = (0x0000_5EFE, 0x0200_5EFE)
"""The upper half of the identifier of an interface whose lower half is an IPv4 address (RFC 5214)."""

OWN_NAMES = ("localhost", "local", "internal", "home.arpa")
"""Domains that nobody owns in public DNS (RFC 6761, RFC 6762, RFC 8375, ICANN's resolution of 2024 on .internal)."""


def is_private_host(host: str) -> bool:
    """Return whether a host of a url is an address that is not public, or a name that no public DNS knows.

    Any other name is not private: check the address it resolves to when a connection is made.
    """
    name = unquote(host).rstrip(".").lower()
    address = read_host(name)
    if address is None:
        return any(f".{name}".endswith(f".{own}") for own in OWN_NAMES)
    return not is_public(address)


def read_host(host: str) -> Address | None:
    """Return the address that a host spells out; None for a name.

    An IPv6 address may have a zone (`fe80::1%eth0`), and an IPv4 address may be written in any form that resolvers
    accept: 127.1, 0x7f.0.0.1, 017700000001, 2130706433.
    """
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def is_public(address: Address) -> bool:
    """Return whether an address can be reached from everywhere, judged by the address alone."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    inside = ipv4_inside(address)
    if inside is not None and not is_public(inside):
        return False
    if address.ipv4_mapped or address in NAT64:
        return True
    return address in GLOBAL_UNICAST and not any(address in network for network in NOT_PUBLIC_V6)


def ipv4_inside(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which an IPv6 address leads: mapped, of NAT64, 6to4 or ISATAP."""
    number = int(address)
    if address in NAT64 or (number >> 32) & 0xFFFF_FFFF in ISATAP:
        return IPv4Address(number & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def is_own(host: str) -> bool:
    """Return whether only this machine can reach an address at which a server listens."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def in_url(host: str) -> str:
    """Return a host as a url has it: an IPv6 address in brackets (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else host
