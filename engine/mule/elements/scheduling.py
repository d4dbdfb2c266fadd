"""The scheduler."""

from __future__ import annotations

import re
from typing import Any

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule, melted, within
from engine.mule.xml.nodes import Node

OFFSET = re.compile(r"(?:GMT|UTC)([+-])0?([0-9]{1,2})(?::?00)?")
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
    """Add what holds in Mule if the XML says nothing: runs may overlap. Java's `GMT-3` is `Etc/GMT+3`."""
    cron = params.get("cron", {})
    if (offset := OFFSET.fullmatch(cron.get("timeZone", ""))) is not None:
        cron["timeZone"] = f"Etc/GMT{'-' if offset[1] == '+' else '+'}{offset[2]}"
    return {"scheduler": {**params, "disallowConcurrentExecution": params.get("disallowConcurrentExecution", False)}}


SOURCES = [
    Rule(
        "scheduler",
        flags="disallowConcurrentExecution",
        children={"scheduling-strategy": melted(STRATEGY)},
        finish=_scheduler,
    )
]
