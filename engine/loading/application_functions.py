"""The functions of expressions that need the application: its properties, its flows, its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.core.event import Event
from engine.core.nesting import Runnable, run_nested
from engine.expressions.errors import EvaluationError
from engine.expressions.functions.function import Function, function
from engine.loading.properties import Filler

LARGEST_RESOURCE = 10 * 2**20


def application_functions(
    filler: Filler, flows: Mapping[str, Runnable], folders: Sequence[Path]
) -> dict[str, Function]:
    """p, lookup and resource of one application.

    flows: filled while the application is loaded; folders: where its flow files lie.
    """
    functions = (_property(filler), _lookup(flows), _resource(folders))
    return {each.name: each for each in functions}


def _property(filler: Filler) -> Function:
    def check(arguments: Sequence[Any]) -> str | None:
        name = _literal(arguments[0])
        missing = name is not None and filler.properties.find(name) is None
        return f"p('{name}'), for which there is no property" if missing else None

    @function("string", check=check, dataweave="p")
    def p(name: str) -> str:
        """The text of a property: what `${name}` stands for outside of expressions.

        A name that no source has is an error when the file is loaded, or MULE:EXPRESSION where the
        name is computed.
        """
        try:
            text = filler.text_of(name)
        except ValueError as error:
            raise EvaluationError(f"p() found {error} in the property") from None
        if text is None:
            raise EvaluationError("p() found no property of that name")
        return text

    return p


def _lookup(flows: Mapping[str, Runnable]) -> Function:
    @function("string", "any", dataweave="lookup")
    def lookup(flow: str, payload: Any) -> Any:
        """The payload with which a flow or sub-flow ends that is run with this payload, and no variables.

        The flow must not wait for anything: use flow-ref with a target for one that calls others.
        """
        if flow not in flows:
            raise EvaluationError("lookup() found no flow of that name")
        running: Any = run_nested(flows[flow], Event(payload=payload))
        try:
            running.send(None)
        except StopIteration as end:
            return end.value.payload
        running.close()
        raise EvaluationError("lookup() takes a flow that waits for nothing; flow-ref with a target runs any")

    return lookup


def _resource(folders: Sequence[Path]) -> Function:
    def find(name: str) -> Path | None:
        """The file of that name inside one of the folders; nothing outside of them is ever read."""
        paths = ((folder, (folder / name).resolve()) for folder in folders if "\0" not in name)
        return next((path for folder, path in paths if path.is_relative_to(folder) and path.is_file()), None)

    def check(arguments: Sequence[Any]) -> str | None:
        name = _literal(arguments[0])
        return f"resource('{name}'), a file that is not there" if name is not None and find(name) is None else None

    @function("string", check=check, dataweave="readUrl")
    def resource(file: str) -> str:
        """The text of a file in the folder of the flow files; `read(resource('x.json'), 'application/json')` reads it.

        A literal name without a file is an error when the flow file is loaded. At most 10 MiB.
        """
        path = find(file)
        if path is None:
            raise EvaluationError("resource() found no file of that name in the flows folder")
        status = path.stat()
        if status.st_size > LARGEST_RESOURCE:
            raise EvaluationError(f"resource() takes files of at most {LARGEST_RESOURCE} bytes")
        return _text(path, status.st_mtime_ns)

    return resource


@lru_cache(maxsize=32)
def _text(path: Path, changed: int) -> str:
    """The text of a file, read again only when it changed."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise EvaluationError("resource() takes files of text in UTF-8") from None


def _literal(node: Any) -> str | None:
    """The text of an argument that is a literal text."""
    return node["value"] if node["type"] == "literal" and isinstance(node["value"], str) else None
