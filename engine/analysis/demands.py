"""Requirements of a flow's first steps on a request: its schema, and required parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.expressions.held import Demand, Path
from engine.expressions.schemas import NOT_NULL, Schema
from engine.steps.chain import Chain
from engine.steps.inner import inner_steps
from engine.steps.processor import After, Processor, Targeted


def demands_of(chain: Chain) -> Iterator[Demand]:
    """Yield conditions that hold for each request the chain lets pass: by path, such as (payload, records)."""
    yield from _of_chain(chain, [], set())


def _of_chain(chain: Chain, ended: list[Processor], seen: set[int]) -> Iterator[Demand]:
    """ended: collects the step after which payload and attributes are no longer those of the request.

    seen: chains that were visited; a second visit adds no demands.
    """
    if id(chain) in seen:
        return
    seen.add(id(chain))
    for step in chain.steps:
        processor = step.processor
        for held, schema in processor.demands():
            yield from held.implies(schema)
        inner = inner_steps(processor)
        if _runs_inline(processor, len(inner)) and isinstance(inner[0].steps, Chain):
            yield from _of_chain(inner[0].steps, ended, seen)
        elif not _keeps_request(processor, bool(inner)):
            ended.append(processor)
        if ended:
            return


def _runs_inline(step: Processor, inner: int) -> bool:
    """Return whether the step only runs the steps inside: a flow-ref to a sub-flow."""
    is_plain = isinstance(step, Targeted) and step.target is None and step.always_enters
    return is_plain and inner == 1 and step.message_after is After.INNER


def _keeps_request(step: Processor, has_inner: bool) -> bool:
    if not step.may_pass:
        return False
    if has_inner:
        return step.message_after is After.BEFORE
    return not {"payload", "attributes"} & set(step.assigns())


def schema_of(demands: Mapping[Path, list[Schema]]) -> dict[str, Any]:
    """Return the schema of a value whose entries, by path, must satisfy these schemas."""
    schema: dict[str, Any] = {}
    for each in demands.get((), []):
        schema |= each
    inner: dict[str, dict[Path, list[Schema]]] = {}
    for path, schemas in demands.items():
        if path:
            inner.setdefault(path[0], {})[path[1:]] = schemas
    if inner:
        schema |= {"type": "object", "properties": {name: schema_of(each) for name, each in inner.items()}}
        required = [name for name, each in schema["properties"].items() if not _allows_null(each)]
        schema |= {"required": required} if required else {}
    if "not" in schema and ("type" in schema or "const" in schema) and not _allows_null(schema):
        del schema["not"]
    return schema


def _allows_null(schema: Schema) -> bool:
    """Return whether null, and so a missing value, satisfies the schema."""
    if "const" in schema:
        return schema["const"] is None
    return bool(schema.get("type", "null") == "null" and schema.get("not") != NOT_NULL["not"])
