"""Mule's scopes and routers: steps that hold other steps."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.children import content
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.elements.errors import error_handler
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

XA = Advice("there are no transactions over several resources", "a local transaction, or compensation in handlers")
WHEN = Rule("when", texts="expression", steps=True, has_label=False)
OTHERWISE = Rule("otherwise", steps=True, has_label=False)
ROUTE = Rule("route", steps=True, has_label=False)


def _when(conversion: Conversion, node: Node) -> Params:
    return {"when": [Part(conversion.params(node, WHEN), node)]}


def _otherwise(conversion: Conversion, node: Node) -> Params:
    return {"otherwise": conversion.params(node, OTHERWISE)}


def _route(conversion: Conversion, node: Node) -> Params:
    return {"routes": [Part(conversion.params(node, ROUTE), node)]}


def _try(conversion: Conversion, node: Node, params: Params) -> Any:
    if params.pop("transactionType", "LOCAL") == "XA":
        conversion.gap(node, "transactionType XA", XA, is_whole=False)
    return {"try": _handler_last(params)}


def _handler_last(params: Params) -> Params:
    handler = params.pop("error-handler", None)
    return params if handler is None else {**params, "error-handler": handler}


def _tracing(name: str, **given: Any) -> Rule:
    return Rule(f"tracing:{name}", **given)


RULES = [
    Rule("choice", children={"when": _when, "otherwise": _otherwise}),
    Rule(
        "foreach",
        texts="collection counterVariableName rootMessageVariableName",
        numbers="batchSize",
        steps=True,
    ),
    Rule("parallel-foreach", texts="collection target targetValue", numbers="maxConcurrency timeout", steps=True),
    Rule(
        "scatter-gather",
        texts="target targetValue",
        numbers="maxConcurrency timeout",
        children={"route": _route},
        no_matter="collect-list",
    ),
    Rule("first-successful", children={"route": _route}, no_matter="ee-tracking:enable-default-events"),
    Rule("round-robin", children={"route": _route}, no_matter="ee-tracking:enable-default-events"),
    Rule("until-successful", numbers="maxRetries millisBetweenRetries", steps=True),
    Rule("async", numbers="maxConcurrency", steps=True),
    Rule(
        "try",
        texts="transactionalAction transactionType",
        children={"error-handler": error_handler},
        steps=True,
        finish=_try,
    ),
    _tracing("with-correlation-id", texts="correlationId", steps=True),
    _tracing("set-logging-variable", texts="variableName value"),
    _tracing("remove-logging-variable", texts="variableName"),
    _tracing("clear-logging-variables"),
]
__all__ = ["RULES", "content"]
