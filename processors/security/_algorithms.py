"""Checks of tokens and keys that do not need the library that reads them."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from engine import Kind, Mistake, refuse
from engine.connectors import CONNECTIVITY, TEXTS
from processors.security._credentials import Names, names

SECURITY_CONNECTIVITY = CONNECTIVITY.child("CONNECTIVITY", "SECURITY")

SCOPE = re.compile(r"[!#-\[\]-~]{1,200}")
KNOWN = (
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA", "Ed25519",
)  # fmt: skip
"""RFC 7518, 8037 and 9864; `none` is not among them."""


def _known(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in value if name not in KNOWN]
    if unknown or not value:
        found = f"the algorithm '{unknown[0]}'" if unknown else "no algorithm"
        refuse([Mistake("F303", found, f"one or more of {', '.join(KNOWN)}")])
    return value


Algorithms = Annotated[Names, AfterValidator(_known)]
"""How tokens may be signed."""


def _scopes(value: Any) -> Any:
    entries = names(value.replace(" ", ",") if isinstance(value, str) else value)
    if not all(SCOPE.fullmatch(entry) for entry in entries):
        refuse([Mistake("F303", "what is no scope", "printable ASCII without quotes and backslashes")])
    return entries


Scopes = Annotated[tuple[str, ...], BeforeValidator(_scopes), Kind("list", TEXTS)]
"""Scopes of a token (RFC 6749, 3.3), as a list or a text."""


def check_secret(secret: str, algorithms: tuple[str, ...]) -> None:
    """Refuse a secret shorter than the hash (RFC 7518, 3.2): it could be guessed."""
    least = max(int(name[2:]) // 8 for name in algorithms)
    if len(secret.encode()) < least:
        refuse([Mistake("F304", "a secret that is too short", f"at least {least} bytes for {', '.join(algorithms)}")])


def is_url(text: str) -> bool:
    """Return whether a text is a web address, by its beginning."""
    return text.startswith(("https://", "http://")) and bool(urlsplit(text).hostname)
