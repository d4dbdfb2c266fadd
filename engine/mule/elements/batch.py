"""Batch jobs, their steps and aggregators."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.children import melted, within
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.xml.nodes import Node

UNITS = {"MILLISECONDS": "ms", "SECONDS": "s", "MINUTES": "m", "HOURS": "h", "DAYS": "d"}

AGGREGATOR = Rule(
    "batch:aggregator",
    numbers="size",
    flags="streaming",
    steps=True,
    no_matter="preserveMimeTypes",
    has_label=False,
)
STEP = Rule(
    "batch:step",
    names="name",
    texts="acceptPolicy acceptExpression",
    children={"batch:aggregator": within("aggregator", AGGREGATOR)},
    steps=True,
    has_label=False,
)


def _step(conversion: Conversion, node: Node) -> Params:
    params = conversion.params(node, STEP)
    aggregator = {name: params.pop(name) for name in ("aggregator",) if name in params}
    return {"process-records": [{**params, **aggregator}]}


RECORDS = Rule("batch:process-records", children={"batch:step": _step}, has_label=False)


def _on_complete(conversion: Conversion, node: Node) -> Params:
    return {"on-complete": conversion.steps(node.children)}


def _history(conversion: Conversion, node: Node) -> Params:
    """Return how long jobs are kept: `<batch:expiration maxAge="10" ageUnit="MINUTES"/>`."""
    for child in node.elements:
        unit = UNITS.get(child.get("ageUnit") or "DAYS")
        if child.name == "batch:expiration" and unit:
            return {"history": {"maxAge": f"{child.get('maxAge')}{unit}"}}
    return {}


def _job(conversion: Conversion, node: Node, params: Params) -> Any:
    label = {name: params.pop(name) for name in ("doc:name",) if name in params}
    name = params.pop("jobName", f"{conversion.flow}Batch_Job")
    return {"batch:job": {**label, "jobName": name, **params}}


RULES = [
    Rule(
        "batch:job",
        names="jobName",
        texts="schedulingStrategy jobInstanceId target",
        numbers="blockSize maxFailedRecords maxConcurrency",
        children={
            "batch:process-records": melted(RECORDS),
            "batch:on-complete": _on_complete,
            "batch:history": _history,
        },
        finish=_job,
    ),
]
