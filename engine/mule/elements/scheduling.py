"""The scheduler."""

from __future__ import annotations

from typing import Any

from engine.mule.conversion.children import melted, within
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.xml.nodes import Node

STRATEGY = Rule(
    "scheduling-strategy",
    children={
        "fixed-frequency": within(
            "fixed-frequency",
            Rule("fixed-frequency", texts="timeUnit", numbers="frequency startDelay", has_label=False),
        ),
        "cron": within("cron", Rule("cron", texts="expression timeZone", has_label=False)),
    },
    has_label=False,
)


def _scheduler(conversion: Conversion, node: Node, params: Params) -> Any:
    """Add what holds in Mule if the XML says nothing: runs may overlap."""
    return {"scheduler": {**params, "disallowConcurrentExecution": params.get("disallowConcurrentExecution", False)}}


SOURCES = [
    Rule(
        "scheduler",
        flags="disallowConcurrentExecution",
        children={"scheduling-strategy": melted(STRATEGY)},
        finish=_scheduler,
    )
]
