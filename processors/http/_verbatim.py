"""Urls that are requested exactly as written: a signature covers each of their characters."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from yarl import URL

LEFT = "".join(map(chr, range(0x21, 0x7F))).replace("\\", "")
"""Characters that are sent as they are; any others of a url are not allowed in a request line."""


def verbatim(text: str, base: URL | None = None) -> URL:
    """Return the url of a text, relative to another; nothing in its path and query is decoded, or encoded differently.

    Raise ValueError if it is not a url.
    """
    read, exact = URL(text), quote(text, LEFT)
    if base is not None:
        read, exact = base.join(read), urljoin(str(base), exact)
    if not read.absolute:
        return read
    whole = URL(exact, encoded=True)
    return URL.build(
        scheme=read.scheme,
        authority=read.with_user(None).raw_authority,
        path=whole.raw_path,
        query_string=whole.raw_query_string,
        encoded=True,
    )
