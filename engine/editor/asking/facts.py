"""The names that the files of a site define, kept as long as a file stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from engine.editor.shaping.values import data_of, sketched
from engine.loading.properties import as_text, flatten

if TYPE_CHECKING:
    from engine.editor.site import Site

RAISING = {"raise-error": "type", "error-mapping": "targetType"}
"""Keys under which the types of errors are named that a flow raises itself."""
DEEPEST = 80
MOST_FILES = 2048
QUEUES, QUEUE = "queues", "queueName"


@dataclass
class Facts:
    """What a file defines. flows: with their `doc`; configs: with their element; types: that its flows raise."""

    flows: dict[str, str] = field(default_factory=dict)
    sub_flows: dict[str, str] = field(default_factory=dict)
    configs: dict[str, str] = field(default_factory=dict)
    handlers: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    queues: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)

    def add(self, other: Facts) -> None:
        for name, known in vars(self).items():
            known.update(getattr(other, name))


def facts_of(site: Site) -> Facts:
    """Return what all files of a site define."""
    found = Facts()
    for text in site.texts.values():
        found.add(_of_text(text.source))
    return found


@lru_cache(maxsize=MOST_FILES)
def _of_text(source: str) -> Facts:
    try:
        return _read(yaml.load(source, Loader=yaml.CBaseLoader))  # noqa: S506  # texts alone
    except (yaml.YAMLError, RecursionError):
        return _read(data_of(sketched(source), source))


def _read(data: Any) -> Facts:
    facts = Facts()
    if not isinstance(data, Mapping):
        return facts
    for section, names in (("flows", facts.flows), ("sub-flows", facts.sub_flows)):
        for name, value in _entries(data.get(section)):
            names[name] = str(value.get("doc") or "") if isinstance(value, Mapping) else ""
    for name, value in _entries(data.get("configs")):
        facts.configs[name] = next(iter(value), "") if isinstance(value, Mapping) else ""
    facts.handlers.update((name, "") for name, _ in _entries(data.get("error-handlers")))
    properties = data.get("properties")
    if isinstance(properties, Mapping):
        facts.properties.update((str(name), as_text(value)) for name, value in flatten(properties).items())
    _collect(data, facts, "", 0)
    return facts


def _entries(section: Any) -> Iterator[tuple[str, Any]]:
    return ((str(name), value) for name, value in section.items()) if isinstance(section, Mapping) else iter(())


def _collect(data: Any, facts: Facts, around: str, depth: int) -> None:
    if depth > DEEPEST:
        return
    if isinstance(data, list):
        for each in data:
            _collect(each, facts, around, depth + 1)
    elif isinstance(data, Mapping):
        for key, value in data.items():
            if isinstance(value, str):
                _note(facts, around, str(key), str(value))
            else:
                _collect(value, facts, str(key), depth + 1)


def _note(facts: Facts, around: str, key: str, value: str) -> None:
    if RAISING.get(around) == key:
        facts.types[value] = around
    elif around == QUEUES and key == QUEUE:
        facts.queues[value] = "queue"
    elif key == "doc:name":
        facts.labels[value] = around
    elif key == "jobName" and around == "batch:job":
        facts.jobs[value] = around
    elif key == "path" and around == "http:listener":
        facts.paths[value] = "listener"
    elif key in ("variableName", "target"):
        facts.variables[value] = around
