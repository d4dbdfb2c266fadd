"""What somebody has to decide before an imported application goes live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.mule.xml.nodes import Node

KEY = "![…] values are encrypted: give their key by ENGINE_KEY, or encrypt them anew (engine secrets)"
BY_ELEMENT = {
    "api-gateway:autodiscovery": "who may call: policies of API Manager are not applied here (security:*, rateLimit)",
    "batch:job": "in which database batch jobs live: `config-ref` of batch:job, else a file in the data folder",
    "http:authorization-code": "how users log in: there is no authorization code flow here",
    "db:config": "which driver and url each database has here (engine check --connect tries them)",
    "tls:key-store": "which certificates are used: Java key stores must be exported as PEM",
    "os:object-store": "where persistent stores lie: `dataDir` of the configuration",
    "java:invoke": "what becomes of the Java classes: functions of Python",
    "java:invoke-static": "what becomes of the Java classes: functions of Python",
    "java:new": "what becomes of the Java classes: functions of Python",
}


def decisions(roots: Iterable[Node], files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what to decide, each once, by what an application uses."""
    used = {each.name for root in roots for each in root.walk()}
    yield from dict.fromkeys(text for name, text in BY_ELEMENT.items() if name in used)
    if any(b"![" in data for name, data in files.items() if name.endswith((".yaml", ".yml", ".properties"))):
        yield KEY
