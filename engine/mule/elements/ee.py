"""The enterprise core: transformations and caches."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.children import melted
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.conversion.scripts import script_of
from engine.mule.elements.stores import nested_store
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

FOR_ALL = "In Mule a result is for all callers."


def _set(parameter: str) -> Any:
    def convert(conversion: Conversion, node: Node) -> Params:
        return {parameter: Part(script_of(conversion, node), node)}

    return convert


def _set_variable(conversion: Conversion, node: Node) -> Params:
    return {"set-variables": {node.get("variableName"): Part(script_of(conversion, node), node)}}


MESSAGE = Rule(
    "ee:message",
    children={"ee:set-payload": _set("set-payload"), "ee:set-attributes": _set("set-attributes")},
    has_label=False,
)
VARIABLES = Rule("ee:variables", children={"ee:set-variable": _set_variable}, has_label=False)


def _transform(conversion: Conversion, node: Node, params: Params) -> Any:
    if params.keys() <= {"doc:name"}:
        conversion.note(node, "ee:transform without a script", "it changes nothing")
        return None
    return {"transform": params}


def _cache(conversion: Conversion, node: Node, params: Params) -> Any:
    strategy = conversion.globals.find("ee:object-store-caching-strategy", params.get("cachingStrategy", ""))
    key = strategy.get("keyGenerationExpression") if strategy is not None else ""
    steps = params.pop("steps")
    return {"cache": {**params, **({"key": key} if key else {}), "shared": True, "steps": steps}}


def _strategy(conversion: Conversion, node: Node, params: Params) -> Any:
    """Return the store of a caching strategy under the strategy's own name."""
    if name := params.get("objectStore"):
        made = conversion.configs.pop(name, None)
        found = conversion.globals.find("os:object-store", name)
        if made is None and found is not None:
            from engine.mule.elements.stores import OBJECT_STORE

            return {"os:object-store": conversion.params(found, OBJECT_STORE)}
        if made is not None:
            return made.value
    return {"os:object-store": {"persistent": False}}


RULES = [
    Rule(
        "ee:transform",
        "transform",
        children={"ee:message": melted(MESSAGE), "ee:variables": melted(VARIABLES)},
        finish=_transform,
    ),
    Rule(
        "ee:cache",
        "cache",
        texts="filterExpression",
        renamed={"cachingStrategy-ref": "cachingStrategy"},
        refs={"cachingStrategy-ref": "os:object-store"},
        steps=True,
        finish=_cache,
    ),
]
CONFIGS = [
    Rule(
        "ee:object-store-caching-strategy",
        refs={"objectStore": "os:object-store", "objectStore-ref": "os:object-store"},
        renamed={"objectStore-ref": "objectStore"},
        children={"os:private-object-store": nested_store("objectStore")},
        known="name keyGenerationExpression",
        no_matter="responseGenerator-ref consumableFilterExpression synchronized "
        "ee:event-copy-strategy ee:simple-event-copy-strategy ee:serializable-event-copy-strategy",
        finish=_strategy,
    )
]
