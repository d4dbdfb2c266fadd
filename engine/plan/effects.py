"""The effects of a call: everything it does in addition to returning an event."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from engine.parameters.validated import Validated
from engine.plan.inside import inside
from engine.work.batch import Batching


class Effects(NamedTuple):
    """A small lattice: the effects of a row are the union of the effects of its steps.

    waits: whether the call may wait for something other than its resources. acts: whether it may act on something
    other than its resources. resources: those it uses that can commit many statements together.
    """

    waits: bool = False
    acts: bool = False
    resources: frozenset[Batching] = frozenset()

    def __or__(self, other: Effects) -> Effects:
        return Effects(self.waits or other.waits, self.acts or other.acts, self.resources | other.resources)

    @property
    def is_pure(self) -> bool:
        """Whether the call depends only on the event, and changes nothing else."""
        return self == PURE

    @property
    def batching(self) -> Batching | None:
        """The resource whose statements can be committed together; None unless it is the only thing acted on."""
        alone = len(self.resources) == 1 and not (self.waits or self.acts)
        return next(iter(self.resources)) if alone else None


PURE = Effects()
ANYTHING = Effects(waits=True, acts=True)
"""The effects of a function about which nothing is known."""


def union(several: Iterable[Effects]) -> Effects:
    """Return the union of the effects; PURE if there are none."""
    return reduce(or_, several, PURE)


def computing(*values: Any) -> Effects:
    """Return the effects of the expressions in the values. Most have none, but a function may declare that it acts."""
    return Effects(acts=any(isinstance(each, Validated) and each.acts for each in inside(values)))
