"""Sees a secret in what a process prints, logs or answers.

A secret is what the engine itself knows as one. It is looked for as it is, in base64 and percent-encoded.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

SHORTEST = 8
"""Characters of a secret that is looked for: shorter ones are parts of other words."""
PROTOCOL, SECRETS = "engine.wire.protocol", "engine.values.secrets"


class SecretWatch:
    """Looks for secrets in the streams and the connections of this process. tell: gets where one was found."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._spellings: set[str] = set()
        self._waits = {PROTOCOL: self._watch_answers, SECRETS: self._watch_secrets}

    def look(self, text: str, where: str) -> None:
        for spelling in self._spellings:
            if spelling in text:
                self._tell(f"{where} shows a secret of {len(spelling)} characters: {self._around(text, spelling)}")

    def _around(self, text: str, spelling: str) -> str:
        place = text.index(spelling)
        return repr(text[max(0, place - 60) : place] + "<SECRET>" + text[place + len(spelling) :][:60])

    def forget(self) -> None:
        """Forget the secrets of a test that is over."""
        self._spellings.clear()

    def imported(self) -> None:
        """Watch what has been imported meanwhile."""
        for name in [name for name in self._waits if name in sys.modules]:
            self._waits.pop(name)(sys.modules[name])

    def watch_streams(self) -> None:
        for name in ("stdout", "stderr"):
            self._watch_stream(getattr(sys, name), name)

    def _watch_stream(self, stream: Any, name: str) -> None:
        original = stream.write

        def write(text: str) -> int:
            self.look(text, name)
            written: int = original(text)
            return written

        stream.write = write

    def _watch_secrets(self, module: Any) -> None:
        original = module.Secrets.add

        def add(secrets: Any, secret: str) -> None:
            original(secrets, secret)
            if len(secret) >= SHORTEST:
                self._spellings |= {secret, quote(secret, safe=""), b64encode(secret.encode()).decode().rstrip("=")}

        module.Secrets.add = add

    def _watch_answers(self, module: Any) -> None:
        original = module.Protocol.connection_made

        def connection_made(protocol: Any, transport: Any) -> None:
            original(protocol, Watched(transport, self))

        module.Protocol.connection_made = connection_made


class Watched:
    """A transport whose writes are looked through."""

    def __init__(self, transport: Any, watch: SecretWatch) -> None:
        self._transport, self._watch = transport, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        self._watch.look(bytes(data).decode("latin-1"), "an answer")
        self._transport.write(data)

    def writelines(self, lines: Any) -> None:
        self.write(b"".join(lines))
