"""Urls that are asked for as they stand: who signed one knows it by each of its characters."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from yarl import URL

LEFT = "".join(map(chr, range(0x21, 0x7F))).replace("\\", "")
"""What is sent as it is; the rest of a url is no text of a request line."""


def verbatim(text: str, base: URL | None = None) -> URL:
    """The url of a text, seen from another; nothing in its path and query is decoded, or encoded another way.

    Raises ValueError for what is no url.
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
