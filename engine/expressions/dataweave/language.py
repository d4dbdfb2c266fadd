"""DataWeave as one of the engine's expression languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from engine.expressions.dataweave import boundary, marks
from engine.expressions.dataweave.compiling.compiler import compile_script
from engine.expressions.dataweave.directives import readers_of, writer_of
from engine.expressions.dataweave.environment import load_from, names_of
from engine.expressions.dataweave.parameter import compile_parameter
from engine.expressions.dataweave.script import module_loader
from engine.expressions.dataweave.syntax.parser import parse
from engine.expressions.dataweave.syntax.tree import Script
from engine.expressions.dataweave.tree import DataWeaveTree
from engine.expressions.dataweave.walking import is_selector
from engine.expressions.held import Held
from engine.expressions.language import Evaluate, Failed, Names
from engine.expressions.marks import MarkedPart

ROOTS = {
    "payload": "(p if type(p := event.payload) in HELD else content_of(event))",
    "message": "message_of(event)",
    "app": "app",
    "server": "server()",
    "mule": "mule",
}
"""Names that mean something else than in other languages, or are not there, as Python over `event`."""
EVENT = re.compile(r"\bevent\b")
SCOPED = "scope[0]"
MULE = {"version": "4.9.0", "nodeId": "0", "clusterId": ""}
"""What `mule` shows: the version whose language this is."""


class DataWeave:
    """DataWeave 2, compiled to Python."""

    name = "dataweave"
    fills_placeholders = True
    reads_payloads = True

    def split(self, text: str) -> list[MarkedPart]:
        return marks.split(text)

    def read(self, text: str, names: Names, variables: Collection[str] = ()) -> DataWeaveTree:
        script = parse(text)
        writer = writer_of(script)
        readers_of(script)
        roots = {**names.roots, **ROOTS}
        value = compile_script(
            script,
            inputs=_inputs(roots, variables),
            names=names_of(names.functions),
            constants={**CONSTANTS, **names.constants},
            load=module_loader(load_from(names.functions)),
        )
        media_type = writer.media_type if writer else None
        finish = boundary.output_of(writer) if writer else None if _is_found(script) else boundary.settled
        return DataWeaveTree(
            script,
            value if finish is None else _finished(value, finish),
            media_type,
            names.functions,
            frozenset(names.roots),
            bool(variables),
        )

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
        return compile_parameter(held, names, variables, failed)


def _inputs(roots: Mapping[str, str], variables: Collection[str]) -> dict[str, str]:
    """Return the code of each name; within a `let` the function takes the event and the names of the `let`."""
    if not variables:
        return dict(roots)
    scoped = {name: EVENT.sub("event[0]", code) for name, code in roots.items()}
    return {**scoped, **{name: f'event[1]["{name}"]' for name in variables}}


def _is_found(script: Script) -> bool:
    """Return whether the result is a part of the event as it is."""
    return not script.directives and script.body is not None and is_selector(script.body)


def _finished(value: Evaluate, finish: Callable[[Any], Any]) -> Evaluate:
    def evaluate(event: Any) -> Any:
        return finish(value(event))

    return evaluate


def _message_of(event: Any) -> Any:
    message = event.message
    return {"payload": boundary.content_of(event), "attributes": message.attributes}


CONSTANTS: Mapping[str, Any] = {
    "HELD": boundary.HELD,
    "content_of": boundary.content_of,
    "message_of": _message_of,
    "server": boundary.server,
    "mule": MULE,
}
DATAWEAVE = DataWeave()
