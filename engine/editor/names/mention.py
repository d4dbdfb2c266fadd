"""A name at a place of a file: where it is defined, and where it is mentioned."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.loading.files.place import Place

FLOW, CONFIG, HANDLER, QUEUE, VARIABLE = "flow", "config", "error handler", "queue", "variable"
PROPERTY, ROW, TYPE, FUNCTION, LABEL = "property", "row value", "error type", "Python function", "doc:name"
ELEMENT = "element"
"""The kinds of names; parameters may have others (`Naming`), such as circuits and batch jobs."""

SELECTION, REAL, TEXT = "selection", "real", "text"
"""What a name is that is known only once all files are read: a step or a flow, a config or a step, maybe a type."""


@dataclass(frozen=True)
class Mention:
    """One name at one place.

    place, length: its characters, without quotes around them. owner: the flow, handler list or case around it. scope:
    inside of which its name is known, such as the config of a queue; empty for the whole application. is_whole: whether
    it is all of its text. style: the quotes of that text, `|` or `>` of a block, or nothing. is_path: whether it begins
    the path of a step, `flow/steps/2`.
    """

    kind: str
    name: str
    place: Place
    length: int
    is_definition: bool = False
    owner: str = ""
    scope: str = ""
    is_whole: bool = True
    style: str = ""
    is_path: bool = False

    @property
    def is_flow(self) -> bool:
        """Whether it defines a flow or sub-flow."""
        return self.kind == FLOW and self.is_definition

    def holds(self, line: int, column: int) -> bool:
        """Return whether a cursor before that column (from 1) touches it."""
        return self.place.line == line and self.place.column <= column <= self.place.column + self.length


@dataclass
class FileNames:
    """The names of one file, and what leads from one of its owners to others."""

    mentions: list[Mention] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Owner, and the owner whose variables are the same: `*` for every flow."""

    listening: list[tuple[str, str]] = field(default_factory=list)
    """Flow, and the path at which its source listens."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    """Case, and the path that it asks for."""


def of_flow(name: str) -> str:
    """Return the owner that a flow or sub-flow is."""
    return f"{FLOW} {name}"


def of_handler(name: str) -> str:
    """Return the owner that a list of error handlers is."""
    return f"{HANDLER} {name}"
