"""Socket activation: sockets that a service manager has opened, and passes to the server that it starts.

As systemd does it (sd_listen_fds(3)): the sockets are the descriptors from 3 on, LISTEN_FDS is their number, LISTEN_PID
the process that they are for, LISTEN_FDNAMES their names.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from typing import NamedTuple

from engine.expressions.digits import is_digits

FIRST = 3
MOST = 1024
"""Descriptors that are looked at."""

HANDED_ON = "passed:"
"""What marks them among the sockets that `engine serve --reload` hands from one server to the next."""

FAMILIES = (socket.AF_INET, socket.AF_INET6)

Wanted = Sequence[tuple[str, int]]
"""Hosts and ports of listeners."""


class Passed(NamedTuple):
    """A descriptor that was passed, with its name; `listening` is None if it is not a socket that accepts TCP."""

    name: str
    listening: socket.socket | None

    @property
    def told(self) -> str:
        if self.listening is None:
            return f"'{self.name}', which is no listening TCP socket"
        host, port = self.listening.getsockname()[:2]
        return f"'{self.name}' at {host}:{port}"


def passed(environment: MutableMapping[str, str] = os.environ) -> list[Passed]:
    """Return what the service manager has passed to this process. Child processes do not get it."""
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    process, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    if process != str(os.getpid()) or not is_digits(count):
        return []
    numbers = range(FIRST, FIRST + min(int(count), MOST))
    return [_opened(name, number) for name, number in zip([*names, *["unknown"] * len(numbers)], numbers, strict=False)]


def _opened(name: str, number: int) -> Passed:
    try:
        os.set_inheritable(number, False)
        found = socket.socket(fileno=number)
    except OSError:  # nothing, or no socket
        return Passed(name, None)
    if found.family in FAMILIES and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return Passed(name, found)
    found.close()
    return Passed(name, None)


def to_hand_on(given: Iterable[Passed]) -> dict[str, socket.socket]:
    """Return the sockets by names that are theirs alone, for a server in a process of its own."""
    return {f"{HANDED_ON}{number}:{each.name}": each.listening for number, each in enumerate(given) if each.listening}


def handed_on(taken: dict[str, socket.socket]) -> list[Passed]:
    """Remove such sockets from all that a server has taken over, and return them."""
    marked = [key for key in taken if key.startswith(HANDED_ON)]
    return [Passed(key.removeprefix(HANDED_ON).partition(":")[2], taken.pop(key)) for key in marked]


def assigned(wanted: Wanted, given: Sequence[Passed]) -> dict[int, Passed]:
    """Return the sockets that take the place of listeners, by the number of the listener.

    That is the socket with the same address; otherwise the only one at the port, if it is the port of one listener
    (8081 of a socket unit is [::]:8081); otherwise the only socket for the only listener.
    """
    found: dict[int, Passed] = {}
    for fitting in (_at_the_address, _at_the_port, _only_one):
        left = [each for each in given if each.listening and each not in found.values()]
        found = dict(fitting([*wanted], left)) | found
    return found


def _at_the_address(wanted: Wanted, given: Sequence[Passed]) -> Iterator[tuple[int, Passed]]:
    for number, (host, port) in enumerate(wanted):
        if match := next((each for each in given if _address(each) in _addresses(host, port)), None):
            yield number, match


def _at_the_port(wanted: Wanted, given: Sequence[Passed]) -> Iterator[tuple[int, Passed]]:
    ports = [port for _, port in wanted]
    for number, port in enumerate(ports):
        matches = [each for each in given if _address(each)[1] == port]
        if len(matches) == ports.count(port) == 1:
            yield number, matches[0]


def _only_one(wanted: Wanted, given: Sequence[Passed]) -> Iterator[tuple[int, Passed]]:
    if len(wanted) == len(given) == 1:
        yield 0, given[0]


def _address(each: Passed) -> tuple[str, int]:
    assert each.listening is not None
    host, port = each.listening.getsockname()[:2]
    return host, port


def _addresses(host: str, port: int) -> set[tuple[str, int]]:
    """Return the addresses of a host, which may be a name such as localhost."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {(str(address[0]), int(address[1])) for *_, address in found}
