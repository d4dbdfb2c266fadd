"""What a call does in addition to returning an event."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from engine.parameters.validated import Validated
from engine.plan.inside import inside
from engine.work.batch import Batching


class Effects(NamedTuple):
    """A small lattice: the effects of steps in a row are the union of theirs.

    waits: whether it may wait for something other than its resources. acts: whether it may act on something other
    than its resources. resources: those it works with that can commit many statements together.
    """

    waits: bool = False
    acts: bool = False
    resources: frozenset[Batching] = frozenset()

    def __or__(self, other: Effects) -> Effects:
        return Effects(self.waits or other.waits, self.acts or other.acts, self.resources | other.resources)

    @property
    def is_pure(self) -> bool:
        """Whether it depends on the event alone, and changes nothing else."""
        return self == PURE

    @property
    def batching(self) -> Batching | None:
        """The resource whose statements can be committed together: the only thing that is acted on."""
        alone = len(self.resources) == 1 and not (self.waits or self.acts)
        return next(iter(self.resources)) if alone else None


PURE = Effects()
ANYTHING = Effects(waits=True, acts=True)
"""The effects of a function of which nothing is known."""


def union(several: Iterable[Effects]) -> Effects:
    """The effects of all of them; PURE if there are none."""
    return reduce(or_, several, PURE)


def computing(*values: Any) -> Effects:
    """The effects of the expressions in some values: most have none, but a function may declare that it acts."""
    return Effects(acts=any(isinstance(each, Validated) and each.acts for each in inside(values)))
