"""`engine serve --reload`: a server takes its sockets from the one before it, so that no connection is refused.

One message each way at a time: the new server says that it has loaded its flows; it gets the existing sockets; once it
answers, it returns all sockets at which it listens, and the lines that announce it to people.
"""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Mapping
from typing import NamedTuple

VARIABLE = "FLOW_ENGINE_HANDOVER"
"""The environment variable with the number of the connection to the process that restarts servers."""

LOADED = b"loaded"
LONGEST, MOST = 65536, 64
"""Bytes of a message, and sockets with it."""

Sockets = dict[str, int]
"""The file descriptors of listening sockets by `host:port`, in the form of the flows or the command line."""


class Message(NamedTuple):
    """Sockets, and the text to print."""

    sockets: Sockets
    text: str = ""


def send(channel: socket.socket, message: Message) -> None:
    """Send a message. Raise OSError if the other end is gone."""
    text = json.dumps([list(message.sockets), message.text]).encode()
    socket.send_fds(channel, [text], list(message.sockets.values()))


def receive(channel: socket.socket) -> Message | None:
    """Receive the other end's message; None if it is gone."""
    try:
        content, descriptors, _, _ = socket.recv_fds(channel, LONGEST, MOST)
    except OSError:
        return None
    if not content:
        return None
    names, text = json.loads(content)
    return Message(dict(zip(names, descriptors, strict=True)), text)


class Successor:
    """The end of a server that takes over from another one, or is the first."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    @classmethod
    def expected(cls) -> Successor | None:
        """Return the successor that this process is; None if nobody restarts servers."""
        number = os.environ.pop(VARIABLE, "")
        return cls(socket.socket(fileno=int(number))) if number else None

    def take(self) -> dict[str, socket.socket]:
        """Say that the flows are loaded, and wait for the existing sockets."""
        self._channel.sendall(LOADED)
        message = receive(self._channel) or Message({})
        return {name: socket.socket(fileno=number) for name, number in message.sockets.items()}

    def give(self, listening: Mapping[str, socket.socket], text: str) -> None:
        """Say that requests are answered at these sockets; the text is printed when nobody else answers there."""
        send(self._channel, Message({name: each.fileno() for name, each in listening.items()}, text))

    def end_with_other(self) -> None:
        """End as by SIGTERM when the process that restarts servers is gone. To be called in the event loop."""
        import asyncio

        loop = asyncio.get_running_loop()

        def gone() -> None:
            loop.remove_reader(self._channel.fileno())
            os.kill(os.getpid(), signal.SIGTERM)

        loop.add_reader(self._channel.fileno(), gone)
