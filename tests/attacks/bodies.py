"""Bodies that may cost more than they should: some pieces, and one or two of them again and again.

The same shape can be made at any size, so that what it costs can be compared with what twice as much costs.
"""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

PIECES: dict[str, tuple[str, ...]] = {
    "application/json": (
        "{", "}", "[", "]", '"a":', '"b":1,', '"', ",", ":", "1", "9", "-", ".5", "e9", "null", "true", " ", "\n",
        '"\\u0041"', '"\\ud800"', '"é"', '{"a":1},', "[1],", '["x"],', "\\",
    ),
    "application/x-ndjson": ('{"a":1}\n', "{}\n", "\n", "\r\n", " ", "1", '"', "[", "]", '{"a":', "null\n", "x"),
    "text/csv": ("a", ",", '"', "\n", "\r\n", "\r", '""', "a,b\n", '"x"', ";", "é", " ", ",,\n", "1\n"),
    "application/xml": (
        "<a>", "</a>", "<a/>", '<a b="c"/>', "<a ", 'b="c" ', 'xmlns:x="y" ', "x:", ">", "/>", "&amp;", "&#65;", "&x;",
        "<!--", "-->", "<![CDATA[", "]]>", "<?a ", "?>", "<!DOCTYPE a [", "]>", "t", "\n", "é",
    ),
    "application/yaml": (
        "a: b\n", "a: ", "- ", "[", "]", "{", "}", ", ", '"', "'", "? ", "&a ", "*a ", "|\n", ">\n", "  ", "\n", "#",
        "!", "%", "a", "---\n", ": ", "1\n", "~\n", "\t", "\\",
    ),
    "application/x-www-form-urlencoded": ("a=b&", "&", "%41", "%", "+", "=", "a", ";", "%C3%A9", "&a[]=1"),
    "multipart/form-data; boundary=b": (
        "--b\r\n", 'Content-Disposition: form-data; name="a"\r\n', "\r\n", '; filename="f"', ":", "a", "--b--\r\n", "-",
        "\r", "\n", "Content-Type: text/plain\r\n", "--b", "X: y\r\n",
    ),
    "text/plain": ("a", "-", "é", "\n", "b", "+AAA-", "\x1b$B", "xn--", "\x0e", "\x00"),
}  # fmt: skip
CHARSETS = (
    "", "", "", "utf-8", "latin-1", "us-ascii", "utf-16", "utf-32", "utf-7", "punycode", "idna", "cp1252", "gb18030",
    "iso-2022-jp", "hz", "shift_jis", "unicode_escape", "raw_unicode_escape", "rot13", "hex", "koi8-r", "euc_kr",
)  # fmt: skip
ENCODINGS = ("", "", "", "gzip", "deflate")
ACCEPTED = ("", "", "application/xml", "application/yaml", "text/csv", "application/x-ndjson")
PATHS = ("/echo", "/stream", "/nowhere", "/read")
SEGMENTS = (0, 2**16, 1000)
"""Bytes of the parts in which a body comes; 0: all at once."""


class Body(NamedTuple):
    """A request with a body of any size: `before`, `unit` many times, `between`, `tail` many times, `after`."""

    path: str
    media_type: str
    charset: str
    encoding: str
    accept: str
    segment: int
    before: str
    unit: str
    between: str
    tail: str
    after: str

    def text(self, size: int) -> str:
        """The body with about so many characters."""
        fixed = len(self.before) + len(self.between) + len(self.after)
        times = max(1, (size - fixed) // len(self.unit + self.tail))
        return self.before + self.unit * times + self.between + self.tail * times + self.after

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; charset={self.charset}" if self.charset else self.media_type


@st.composite
def bodies(draw: st.DrawFn) -> Body:
    """Requests of all kinds."""
    media_type = draw(st.sampled_from(sorted(PIECES)))
    piece = st.sampled_from(PIECES[media_type])

    def some(least: int, most: int) -> str:
        return "".join(draw(st.lists(piece, min_size=least, max_size=most)))

    chosen = [draw(st.sampled_from(each)) for each in (PATHS, CHARSETS, ENCODINGS, ACCEPTED, SEGMENTS)]
    path, charset, encoding, accept, segment = chosen
    texts = some(0, 3), some(1, 3), some(0, 2), some(0, 2), some(0, 3)
    return Body(str(path), media_type, str(charset), str(encoding), str(accept), int(segment), *texts)
