"""Finds the charset that a media type names."""

from __future__ import annotations

import codecs
from encodings import normalize_encoding
from encodings.aliases import aliases
from functools import lru_cache

CHARSETS = frozenset(
    {
        "utf_8", "ascii", "latin_1",
        *(f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)),
        *(f"cp{page}" for page in (866, 874, 932, 949, 950, *range(1250, 1259))),
        "koi8_r", "koi8_u", "mac_roman", "mac_cyrillic", "tis_620",
        "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be",
        "shift_jis", "euc_jp", "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "big5hkscs", "euc_kr",
    }
)  # fmt: skip
"""Python's codecs of the charsets that bodies may have: those of the WHATWG's Encoding Standard, and UTF-32.

Each is decoded in linear time, also in portions. Some of Python's other codecs are not charsets (zlib would inflate a
bomb), and some are quadratic: punycode, idna, and UTF-7 in portions.
"""


OTHER_NAMES = {"windows_31j": "cp932", "windows_874": "cp874", "x_sjis": "shift_jis", "x_mac_cyrillic": "mac_cyrillic"}
"""Names that Python does not know."""


@lru_cache(maxsize=64)  # most requests have the same few
def charset_of(media_type: str | None) -> str:
    """Return the codec's name; UTF-8 if the media type names no charset. Raises LookupError for an unsupported one."""
    return named_charset(media_type) or "utf-8"


@lru_cache(maxsize=64)
def named_charset(media_type: str | None) -> str | None:
    """Return the codec's name; None if the media type names no charset. Raises LookupError for an unsupported one."""
    for parameter in (media_type or "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return codec_named(value.strip().strip('"'))
    return None


def codec_named(name: str) -> str:
    """Return the codec of a charset. Raises LookupError for an unsupported one.

    Looked up by hand, because Python would search its folders for a module of any name that somebody sends.
    """
    normal = normalize_encoding(name).lower() if name.isascii() and name.isprintable() else ""
    codec = OTHER_NAMES.get(normal) or aliases.get(normal, normal)
    if codec not in CHARSETS:
        raise LookupError("the charset is none that is known here")
    return codecs.lookup(codec).name
