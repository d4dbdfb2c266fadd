"""DataWeave as one of the engine's expression languages."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from engine.expressions.dataweave import boundary, marks
from engine.expressions.dataweave.compiling.compiler import compile_script
from engine.expressions.dataweave.directives import readers_of, writer_of
from engine.expressions.dataweave.environment import load_from, names_of
from engine.expressions.dataweave.parameter import WHOLE as WHOLE
from engine.expressions.dataweave.parameter import compile_parameter
from engine.expressions.dataweave.script import module_loader
from engine.expressions.dataweave.syntax.parser import parse
from engine.expressions.dataweave.tree import DataWeaveTree
from engine.expressions.dataweave.values.objects import object_of as object_of
from engine.expressions.dataweave.walking import is_plain
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
        chosen = readers_of(script).get("payload")
        roots = {**names.roots, **ROOTS}
        value = compile_script(
            script,
            inputs=_inputs(roots, variables),
            names=names_of(names.functions),
            constants={
                **CONSTANTS,
                **names.constants,
                **({"content_of": boundary.content_by(chosen)} if chosen else {}),
            },
            load=module_loader(load_from(names.functions)),
        )
        plain = None if is_plain(script) else boundary.settled
        finish = boundary.output_of(writer) if writer else plain
        return DataWeaveTree(
            script,
            value,
            finish,
            writer.full_media_type if writer else None,
            names.functions,
            frozenset(roots),
            bool(variables),
        )

    def truth(self, value: Any) -> bool:
        return boundary.truth(value)

    def compile(self, held: Held, names: Names, variables: Mapping[str, str], failed: Failed) -> Evaluate:
        return compile_parameter(held, {**names.roots, **ROOTS}, {**CONSTANTS, **names.constants}, variables, failed)


def _inputs(roots: Mapping[str, str], variables: Collection[str]) -> dict[str, str]:
    """Return the code of each name; within a `let` the function takes the event and the names of the `let`."""
    if not variables:
        return dict(roots)
    scoped = {name: EVENT.sub("event[0]", code) for name, code in roots.items()}
    return {**scoped, **{name: f'event[1]["{name}"]' for name in variables}}


def _message_of(event: Any) -> Any:
    message = event.message
    return {"payload": boundary.content_of(event), "attributes": message.attributes}


CONSTANTS: Mapping[str, Any] = {
    "HELD": boundary.HELD,
    "content_of": boundary.content_of,
    "whole_payload": boundary.whole_payload,
    "message_of": _message_of,
    "server": boundary.server,
    "mule": MULE,
}
DATAWEAVE = DataWeave()
