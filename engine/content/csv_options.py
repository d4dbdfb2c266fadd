"""The format of CSV in a listener's bodies."""

from __future__ import annotations

from engine.expressions.charset import codec_named
from engine.expressions.tables import Dialect
from engine.parameters.element import Parameters, prepared
from engine.parameters.mistake import Mistake, refuse, shown


class CsvOptions(Parameters):
    """How bodies of CSV are written; read() takes the same."""

    separator: str = ","
    """The character between two cells."""

    quote: str = '"'
    """The character around a cell that holds separators or line breaks."""

    encoding: str | None = None
    """The encoding of bodies whose Content-Type names no charset; UTF-8, if left out."""

    header: bool = True
    """Whether the first row has the names of the columns; otherwise each record is a list of texts."""

    lenient: bool = False
    """Whether a row may have more cells than there are columns: they are dropped. Otherwise it cannot be read:
    `collect` has an outcome for it."""

    dialect: Dialect = prepared()
    codec: str | None = prepared()

    def __post_init__(self) -> None:
        dialect = Dialect(self.separator, self.quote, self.header, self.lenient)
        if objection := dialect.objection():
            name, expected = objection
            refuse([Mistake("F303", f"{shown(getattr(self, name))} as the {name}", expected)])
        self._prepare(dialect=dialect, codec=_codec(self.encoding))


def _codec(encoding: str | None) -> str | None:
    if encoding is None:
        return None
    try:
        return codec_named(encoding)
    except LookupError:
        refuse([Mistake("F303", f"{shown(encoding)} as the encoding", "a charset such as utf-8 or windows-1252")])


USUAL = CsvOptions()
