"""What elements of several modules have in common."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.children import content, listed, within
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

ERROR_MAPPING = listed("error-mapping", Rule("error-mapping", texts="sourceType targetType", has_label=False))
RECONNECT = Rule("reconnect", numbers="frequency count", no_matter="blocking", has_label=False)
RECONNECTION = within(
    "reconnection",
    Rule(
        "reconnection",
        flags="failsDeployment",
        has_label=False,
        children={
            "reconnect": within("reconnect", RECONNECT),
            "reconnect-forever": within("reconnect-forever", RECONNECT),
        },
    ),
)
REDELIVERY = within(
    "redelivery-policy",
    Rule(
        "redelivery-policy",
        numbers="maxRedeliveryCount",
        texts="idExpression messageIdExpression",
        renamed={"objectStore-ref": "objectStore"},
        refs={"objectStore": "os:object-store", "objectStore-ref": "os:object-store"},
        no_matter="useSecureHash messageDigestAlgorithm",
        has_label=False,
    ),
)
CONNECTION_LOST = "*:CONNECTIVITY"
FOREVER = Advice("a step is tried again only so often", "until-successful with a large maxRetries around the step", "S")


def again(conversion: Conversion, node: Node) -> Params:
    """Keep how often an operation is tried again; `tried_again` wraps it."""
    return {"reconnect": conversion.params(node, RECONNECT)}


def again_forever(conversion: Conversion, node: Node) -> Params:
    conversion.gap(node, f"{node.name} of an operation", FOREVER)
    return {}


OF_OPERATIONS = {"error-mapping": ERROR_MAPPING, "reconnect": again, "reconnect-forever": again_forever}


def tried_again(step: dict[str, Any]) -> dict[str, Any]:
    """Return an operation within until-successful, if it has a reconnection strategy of its own."""
    [(name, params)] = step.items()
    strategy = params.pop("reconnect", None)
    if strategy is None:
        return step
    return {
        "until-successful": {
            "maxRetries": strategy.get("count", 2),
            "millisBetweenRetries": strategy.get("frequency", 2000),
            "retryOn": CONNECTION_LOST,
            "steps": [{name: params}],
        }
    }


def operation(
    name: str, texts: str = "", finish: Any = None, children: Any = None, *, has_target: bool = True, **given: Any
) -> Rule:
    """Return the rule of a connector's operation: target, error mappings, and how it is tried again."""

    def finished(conversion: Conversion, node: Node, params: Params) -> Any:
        step = finish(conversion, node, params) if finish else {given.get("to") or name: params}
        if isinstance(step, list):
            return [tried_again(each) for each in step]
        return tried_again(step) if isinstance(step, dict) else step

    inner = {**OF_OPERATIONS, **(children or {})}
    target = "target targetValue" if has_target else ""
    return Rule(name, texts=f"{texts} {target}", children=inner, finish=finished, **given)


__all__ = ["ERROR_MAPPING", "OF_OPERATIONS", "RECONNECTION", "REDELIVERY", "content", "operation"]
