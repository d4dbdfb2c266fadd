"""VM queues."""

from __future__ import annotations

from engine.mule.conversion.children import content, listed, within
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.elements.common import REDELIVERY, operation
from engine.mule.xml.nodes import Node

CONFIG = {"config-ref": "vm:config"}
SENT = "sendCorrelationId transactionalAction"
QUEUE = Rule("vm:queue", names="queueName queueType", numbers="maxOutstandingMessages", has_label=False)


def _queues(conversion: Conversion, node: Node) -> Params:
    return conversion.params(node, Rule("vm:queues", children={"vm:queue": listed("queues", QUEUE)}, has_label=False))


SOURCES = [
    Rule(
        "vm:listener",
        names="queueName",
        numbers="numberOfConsumers",
        refs=CONFIG,
        children={
            "vm:response": within(
                "response", Rule("vm:response", children={"vm:content": content("content")}, has_label=False)
            ),
            "redelivery-policy": REDELIVERY,
        },
        no_matter="transactionalAction transactionType timeout timeoutUnit primaryNodeOnly reconnect reconnect-forever",
    )
]
RULES = [
    operation(
        name,
        texts,
        names="queueName",
        has_target=name != "vm:publish",
        numbers="timeout",
        refs=CONFIG,
        no_matter=SENT,
        children={"vm:content": content("content")},
    )
    for name, texts in {
        "vm:publish": "timeoutUnit correlationId",
        "vm:publish-consume": "timeoutUnit correlationId",
        "vm:consume": "timeoutUnit",
    }.items()
]
CONFIGS = [Rule("vm:config", children={"vm:queues": _queues}, known="name", no_matter="vm:connection")]
