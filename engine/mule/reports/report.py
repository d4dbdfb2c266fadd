"""What became of an application."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from engine.mule.xml.nodes import Node

EFFORTS = {"S": "minutes", "M": "hours", "L": "days"}
"""How long it takes to close a gap."""


@dataclass(frozen=True)
class Advice:
    """Why something has no counterpart, what to do instead, and the effort: S, M or L."""

    why: str
    instead: str
    effort: str = "M"


@dataclass(frozen=True)
class Gap:
    """Something that was not converted, at its place in the XML."""

    file: str
    line: int
    what: str
    why: str
    instead: str
    effort: str

    @property
    def sentence(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True)
class Note:
    """Something that makes no difference here, or that whoever moves should know."""

    file: str
    line: int
    what: str
    why: str


@dataclass
class Report:
    """What became of one application."""

    application: str
    gaps: list[Gap] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    """What somebody has to decide before it goes live."""

    libraries: list[str] = field(default_factory=list)
    """Shared libraries that are named and not there."""

    elements: dict[str, int] = field(default_factory=lambda: {"converted": 0, "all": 0})
    scripts: dict[str, int] = field(default_factory=lambda: {"converted": 0, "all": 0})
    flows: dict[str, int] = field(default_factory=lambda: {"converted": 0, "all": 0})
    tests: dict[str, int] = field(default_factory=lambda: {"converted": 0, "all": 0})

    def add_gap(self, node: Node, what: str, advice: Advice, line: int = 0) -> Gap:
        """Note a gap; one that is known at its place stays one."""
        gap = Gap(node.file, line or node.line, what, advice.why, advice.instead, advice.effort)
        if gap not in self.gaps:
            self.gaps.append(gap)
        return gap

    def add_note(self, file: str, line: int, what: str, why: str) -> None:
        note = Note(file, line, what, why)
        if note not in self.notes:
            self.notes.append(note)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
