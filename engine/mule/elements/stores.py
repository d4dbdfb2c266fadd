"""Object stores."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.children import content
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import FromChild, Params, Rule
from engine.mule.elements.common import operation
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

STORE = {"objectStore": "os:object-store"}
OF_STORE = "maxEntries entryTtl expirationInterval"
OBJECT_STORE = Rule(
    "os:object-store",
    texts="entryTtlUnit expirationIntervalUnit",
    numbers=OF_STORE,
    flags="persistent",
    known="name alias",
    no_matter="config-ref",
)


def nested_store(parameter: str) -> FromChild:
    """Return what makes a config of a store that stands inside of its user, and names it there."""

    def convert(conversion: Conversion, node: Node) -> Params:
        params = conversion.params(node, OBJECT_STORE)
        name = node.get("alias") or f"{conversion.flow or 'own'}-store-{len(conversion.configs) + 1}"
        conversion.configs[name] = Part({"os:object-store": params}, node)
        return {parameter: name}

    return convert


def _retrieve(name: str, **given: Any) -> Rule:
    return operation(name, "key", refs=STORE, **given)


RULES = [
    operation(
        "os:store",
        "key",
        refs=STORE,
        has_target=False,
        flags="failIfPresent failOnNullValue",
        children={"os:value": content("value")},
    ),
    _retrieve("os:retrieve", children={"os:default-value": content("default-value")}),
    _retrieve("os:remove", has_target=False),
    _retrieve("os:contains"),
    operation("os:clear", refs=STORE, has_target=False),
    operation("os:retrieve-all", refs=STORE),
    operation("os:retrieve-all-keys", refs=STORE),
]
CONFIGS = [OBJECT_STORE]
