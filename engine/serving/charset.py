"""The charset that a media type names."""

from __future__ import annotations

import codecs
from functools import lru_cache


@lru_cache(maxsize=64)  # most requests have the same few
def charset_of(media_type: str | None) -> str:
    """The codec's name; UTF-8 where the media type names no charset. Raises LookupError for an unknown one."""
    for parameter in (media_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return _codec(value.strip().strip('"'))
    return "utf-8"


def _codec(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except ValueError as error:  # a name with a null character
        raise LookupError(name) from error
    if not codec._is_text_encoding:  # without it `charset=zlib` would inflate a bomb
        raise LookupError(name)
    return codec.name
