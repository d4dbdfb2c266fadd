"""The JSON module."""

from __future__ import annotations

from engine.mule.conversion.children import content
from engine.mule.elements.common import operation

RULES = [
    operation(
        "json:validate-schema",
        "schema content",
        has_target=False,
        children={"json:content": content("content"), "json:schema-contents": content("schemaContents")},
        no_matter="allowDuplicateKeys allowArbitraryPrecision dereferencing config-ref",
    )
]
