"""dw::core::URL."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

from engine.expressions.dataweave.library.core.lists import Items
from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.library.walking import walked
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.joining import check_length, paid_text
from engine.expressions.dataweave.values.texts import as_text

URL = "dw::core::URL"
OF_COMPONENTS = "!'()*~"
"""Characters that stay, in addition to letters, digits, `_`, `.` and `-`."""
OF_URIS = OF_COMPONENTS + ";,/?:@&=$#"
ILLEGAL = re.compile(r'[\x00-\x20<>"{}|\\^`\x7f]|%(?![0-9A-Fa-f]{2})')
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@defined(URL, "encodeURI", "(text: String) -> String")
def encode_uri(text: str) -> str:
    """Return a URI in which characters that none may have are written as %XX."""
    check_length(9 * len(text), "encodeURI")
    return quote(text, safe=OF_URIS, errors="replace")


@defined(URL, "encodeURIComponent", "(text: String) -> String")
def encode_uri_component(text: str) -> str:
    """Return a text as a part of a URI: what has a meaning in one is written as %XX."""
    check_length(9 * len(text), "encodeURIComponent")
    return quote(text, safe=OF_COMPONENTS, errors="replace")


@defined(URL, "decodeURI", "(text: String) -> String")
def decode_uri(text: str) -> str:
    """Return the text with characters in place of %XX."""
    if re.search("%(?![0-9A-Fa-f]{2})", paid_text(text, "decodeURI")):
        raise Failed("the text has a % without two hexadecimal digits")
    return unquote_plus(text)


@defined(URL, "decodeURIComponent", "(text: String) -> String")
def decode_uri_component(text: str) -> str:
    """Return the text with characters in place of %XX."""
    return decode_uri(text)


@defined(URL, "compose", "(parts: Array<String>, interpolation: Array<StringCoerceable>) -> String")
def compose(parts: Items, interpolation: Items) -> str:
    """Return the parts of a URI with values between them, which are encoded."""
    values = [encode_uri_component(as_text(value)) for value in walked(interpolation, "compose")]
    texts = [as_text(part) for part in walked(parts, "compose")]
    values += [""] * (len(texts) - len(values))
    return paid_text("".join(text + value for text, value in zip(texts, values, strict=False)), "compose")


@defined(URL, "parseURI", "(uri: String) -> Object")
def parse_uri(uri: str) -> dict[str, Any]:
    """Return the parts of a URI; `{isValid: false, raw}` if it is none."""
    found = _parts(paid_text(uri, "parseURI"))
    if found is None:
        return {"isValid": False, "raw": uri}
    return {"isValid": True, "raw": uri, **{name: value for name, value in found.items() if value is not None}}


def _parts(uri: str) -> dict[str, Any] | None:
    if ILLEGAL.search(uri):
        return None
    scheme = SCHEME.match(uri)
    if scheme is None and ":" in re.split("[/?#]", uri, maxsplit=1)[0]:
        return None
    if scheme is not None and not uri[scheme.end() :].startswith("/"):
        fragment = uri.partition("#")[2] or None
        return {"fragment": fragment, "scheme": scheme[0][:-1], "isAbsolute": True, "isOpaque": True}
    try:
        split = urlsplit(uri)
        port = split.port
    except ValueError:
        return None
    user, at, _ = split.netloc.rpartition("@")
    return {
        "host": split.netloc.rpartition("@")[2].removesuffix(f":{port}") or None,
        "authority": split.netloc or None,
        "fragment": split.fragment or None,
        "path": split.path,
        "port": port,
        "query": split.query or None,
        "scheme": scheme[0][:-1] if scheme else None,
        "user": user if at else None,
        "isAbsolute": scheme is not None,
        "isOpaque": False,
    }
