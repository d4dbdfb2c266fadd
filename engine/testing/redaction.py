"""What no recording may show: the application's secrets, and what stands under names that tell of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

NAMES = re.compile(
    r"(proxy-)?authorization|(set-)?cookie|pass(word|wd)|(x-)?(api|auth)[-_]?(key|token)"
    r"|(client[-_]?)?secret|((access|refresh|id|session|csrf)[-_]?)?token",
    re.IGNORECASE,
)
"""Names, of headers and fields, whose values are hidden."""

PAIR = re.compile(rf"(^|[?&])({NAMES.pattern})=[^&]+", re.IGNORECASE)
"""Such a name in a query or a form."""

HIDDEN = "***"
SHORTEST = 6
"""Characters of a value that is hidden wherever it stands: a shorter one is part of other words."""


class Redaction:
    """Hides texts in data.

    secrets: those that the application knows. A value under a telling name is hidden wherever it
    stands from then on, so that an echo of it is hidden too.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = {secret for secret in secrets if secret}

    def learn(self, value: Any) -> None:
        """Take the values under telling names for secrets."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                if isinstance(inner, str) and NAMES.fullmatch(str(name)):
                    self._secrets |= {text for text in (inner, *inner.split()) if len(text) >= SHORTEST}
                self.learn(inner)
        elif isinstance(value, list):
            for inner in value:
                self.learn(inner)

    def of(self, value: Any) -> Any:
        """The same data as it may be shown."""
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._under(str(name), inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.of(inner) for inner in value]
        if isinstance(value, bytes):
            return self.text(value.decode("latin-1")).encode("latin-1", "replace")
        return self.text(value) if isinstance(value, str) else value

    def _under(self, name: str, value: Any) -> Any:
        return HIDDEN if isinstance(value, str) and NAMES.fullmatch(name) else self.of(value)

    def text(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return PAIR.sub(rf"\1\2={HIDDEN}", text)
