"""Rules: for one of Mule's elements, what each attribute and child becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

Params = dict[str, Any]
"""The parameters of an element of ours."""
FromChild = Callable[[Any, Node], Params]
"""Makes parameters of a child element, for a Conversion."""
Finish = Callable[[Any, Node, Params], Any]
"""Makes the step of the parameters, for a Conversion; None for no step at all."""

STREAMING = (
    "repeatable-file-store-stream repeatable-in-memory-stream non-repeatable-stream repeatable-file-store-iterable "
    "repeatable-in-memory-iterable non-repeatable-iterable ee:repeatable-file-store-stream "
    "ee:repeatable-file-store-iterable streaming-strategy"
)


@dataclass(frozen=True)
class Rule:
    """What an element of Mule's becomes.

    name: Mule's; to: ours. texts, numbers, flags: attributes that keep their names, as lists with blanks in between;
    names: those whose value is no expression here.
    renamed: attributes with another name here. refs: attributes that name a config, with the kind of that.
    children: what child elements become. steps: whether children that are processors are its steps.
    no_matter: attributes and children without which it does the same here.
    known: those that somebody else looks at. unfit: attributes and children that nothing
    here does, with the reason. finish: adjusts the parameters, or makes something else of them.
    """

    name: str
    to: str = ""
    texts: str = ""
    names: str = ""
    numbers: str = ""
    flags: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    refs: Mapping[str, str] = field(default_factory=dict)
    children: Mapping[str, FromChild] = field(default_factory=dict)
    steps: bool = False
    no_matter: str = ""
    known: str = ""
    unfit: Mapping[str, Advice] = field(default_factory=dict)
    finish: Finish | None = None
    has_label: bool = True

    @property
    def target(self) -> str:
        return self.to or self.name

    def parameter(self, attribute: str) -> str:
        """Return the name of our parameter for an attribute; empty if there is none."""
        if attribute in self.renamed:
            return self.renamed[attribute]
        known = f"{self.names} {self.texts} {self.numbers} {self.flags}".split()
        return attribute if attribute in self.refs or attribute in known else ""

    def rank(self, attribute: str) -> int:
        """Return where an attribute stands among the parameters: in the order of the rule, those it lacks last."""
        known = [*self.refs, *self.renamed, *f"{self.names} {self.texts} {self.numbers} {self.flags}".split()]
        return known.index(attribute) if attribute in known else len(known)

    def is_number(self, attribute: str) -> bool:
        return attribute in self.numbers.split()

    def is_name(self, attribute: str) -> bool:
        return attribute in self.refs or attribute in self.names.split()

    def is_flag(self, attribute: str) -> bool:
        return attribute in self.flags.split()

    def matters(self, name: str) -> bool:
        return name not in self.no_matter.split() and name not in STREAMING.split()


def merged(one: Params, other: Params) -> Params:
    """Return both: lists under the same name are joined, maps merged."""
    whole = dict(one)
    for name, value in other.items():
        old = whole.get(name)
        if isinstance(old, list) and isinstance(value, list):
            whole[name] = [*old, *value]
        elif isinstance(old, dict) and isinstance(value, dict):
            whole[name] = merged(old, value)
        else:
            whole[name] = value
    return whole
