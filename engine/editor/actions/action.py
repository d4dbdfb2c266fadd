"""A change that an editor offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from engine.editor.spans import Edit
from engine.loading.diagnostic import Diagnostic

QUICK_FIX, EXTRACT, REWRITE, SOURCE = "quickfix", "refactor.extract", "refactor.rewrite", "source"


@dataclass(frozen=True)
class Action:
    """A change with its title. kind: one of the protocol's.

    new_files: the texts of files that are made. fixes: the mistake that it corrects, if it does that. disabled: why it
    is not possible here, for somebody who asks for it.
    """

    title: str
    kind: str
    edits: list[Edit] = field(default_factory=list)
    new_files: dict[Path, str] = field(default_factory=dict)
    fixes: Diagnostic | None = None
    disabled: str = ""
