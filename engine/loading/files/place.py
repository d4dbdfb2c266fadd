"""Places in a flow file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """A line and a column (from 1) of a file, and the path of keys that leads there.

    file: as the user named it, for diagnostics; short: relative to the loaded folder's parent, for errors at run, which
    must not reveal to a caller where on the machine the files are.
    """

    file: str
    line: int
    column: int
    path: tuple[Any, ...] = ()
    short: str = ""

    def __str__(self) -> str:
        return f"{self.short or self.file}:{self.line}:{self.column}"

    @property
    def owner(self) -> str:
        """The flow, sub-flow or handler list that it belongs to."""
        return str(self.path[1]) if len(self.path) > 1 else ""

    @property
    def location(self) -> str:
        """The text of failingComponent: `flow/steps/2/try/steps/0 @ flows/x.yaml:23`."""
        return f"{'/'.join(map(str, self.path[1:]))} @ {self.short or self.file}:{self.line}"
