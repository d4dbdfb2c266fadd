"""The validation module."""

from __future__ import annotations

from engine.mule.conversion.rule import Rule
from engine.mule.elements.common import ERROR_MAPPING
from engine.mule.elements.common import content as text_of

COMMON = "message"
VALIDATORS = {
    "is-true": "expression",
    "is-false": "expression",
    "is-null": "value",
    "is-not-null": "value",
    "is-blank-string": "value",
    "is-not-blank-string": "value",
    "is-empty-collection": "values",
    "is-not-empty-collection": "values",
    "validate-size": "value min max",
    "is-number": "value numberType minValue maxValue",
    "is-email": "email",
    "is-url": "url",
    "is-ip": "ip",
    "is-time": "time pattern locale",
    "is-elapsed": "time timeUnit since",
    "is-not-elapsed": "time timeUnit since",
    "matches-regex": "value regex",
    "mismatches-regex": "value regex",
}
NUMBERS = ("min", "max", "minValue", "maxValue")
BY_LIST = {"is-allowed-ip": "allowList", "is-not-denied-ip": "denyList"}
INSIDE = {"error-mapping": ERROR_MAPPING, "validation:values": text_of("values")}


def _validator(name: str, texts: str) -> Rule:
    names = f"{texts} {COMMON}".split()
    return Rule(
        f"validation:{name}",
        texts=" ".join(each for each in names if each not in NUMBERS),
        numbers=" ".join(each for each in names if each in NUMBERS),
        flags="caseSensitive" if "regex" in name else "",
        children=INSIDE,
        no_matter="config-ref",
    )


RULES = [
    *(_validator(name, texts) for name, texts in VALIDATORS.items()),
    *(
        Rule(
            f"validation:{name}",
            texts="ipAddress message",
            refs={parameter: "validation:ip-filter-list"},
            children=INSIDE,
            no_matter="config-ref",
        )
        for name, parameter in BY_LIST.items()
    ),
    *(
        Rule(
            f"validation:{name}", steps=True, children={"error-mapping": ERROR_MAPPING}, no_matter="config-ref message"
        )
        for name in ("all", "any")
    ),
]
