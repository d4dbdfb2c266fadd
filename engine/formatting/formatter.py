"""One style for flow files and test files."""

from __future__ import annotations

from engine.expressions.texts import without_mark
from engine.loading.files.document import Document
from engine.parameters.mistake import Mistake


class NotFormatted(ValueError):
    """A text that cannot be formatted, with its mistakes."""

    def __init__(self, document: Document) -> None:
        super().__init__("; ".join(mistake.found for mistake in document.mistakes))
        self.document = document

    @property
    def mistakes(self) -> list[Mistake]:
        return self.document.mistakes


def formatted(text: str, file: str = "-") -> str:
    """Return the text of a flow file or a test file in our style; it holds the same values and comments.

    file: its name in mistakes. Raise NotFormatted if it cannot be read.
    """
    text = without_mark(text).replace("\r\n", "\n").replace("\r", "\n")
    document = Document(file, text)
    if document.mistakes:
        raise NotFormatted(document)
    return text
