"""What one evaluation of an expression may cost, counted in steps.

A step is some 25 ns of time, or a few bytes that are made and kept. The counts are the same on each machine,
so the same input has the same answer everywhere. The compiler knows what straight code costs and leaves it
alone; a loop is charged when it begins, for all its rounds; a function for the size of what it gets and makes.

What was spent is counted on after an evaluation: after many steps the others get their turn (`engine.work.turns`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from sys import getsizeof
from threading import get_ident
from typing import ParamSpec, TypeVar

from engine.expressions.errors import EvaluationError
from engine.limits import MOST_STEPS

P = ParamSpec("P")
T = TypeVar("T")

STEP = 25e-9
"""Seconds."""
BYTES = 6
"""Bytes of lists and maps that are made for one step: so all that an evaluation makes fits in some 100 MB."""
SHORT = 16
"""Characters of a text that a call in a loop makes, which its own steps pay for."""
TEXT_BYTES = 4
"""Bytes of long texts for one step: they are written once more for the answer."""


class BudgetSpent(EvaluationError):
    """An evaluation that has cost too much: it ends, whatever stands around it in the expression."""


class Budget:
    """The steps of one thread.

    spent: since others had their turn. limit: the count at which the evaluation under way ends; 0 where
    none is. An evaluation inside of another one, as by lookup(), has no budget of its own.
    """

    __slots__ = ("limit", "spent")

    def __init__(self) -> None:
        self.spent = self.limit = 0

    @property
    def left(self) -> int:
        """The steps that the evaluation may still take."""
        return self.limit - self.spent if self.limit else MOST_STEPS

    def pay(self, steps: int, what: str) -> None:
        """Count steps. Raises BudgetSpent in the name of `what` where they are too many for the evaluation."""
        self.spent += steps
        if self.spent > self.limit:
            self.stop(what)

    def stop(self, what: str) -> None:
        """Raise BudgetSpent where an evaluation is under way. It stays spent: the next step raises again."""
        if self.limit:
            raise BudgetSpent(f"{what} stops at {MOST_STEPS} steps of an evaluation")

    def read(self, value: Sized, each: int, what: str) -> None:
        """Count a text or a list that a function goes through; each: steps for an element, or for 16 characters."""
        steps = len(value) * each
        self.pay(steps // 16 if isinstance(value, (str, bytes)) else steps, what)

    def made(self, text: str, what: str) -> None:
        """Count a text that was made, by the bytes that it takes: one, two or four for each character."""
        self.pay((len(text) if text.isascii() else getsizeof(text)) // TEXT_BYTES, what)


_budgets: dict[int, Budget] = {}
_current: ContextVar[Budget | None] = ContextVar("budget", default=None)
here = _current.get
"""The budget of this thread; None in a context that has seen none, which `begin` mends."""


def begin() -> Budget:
    """The budget of this thread, from now on that of this context."""
    budget = _budgets.setdefault(get_ident(), Budget())
    _current.set(budget)
    return budget


begin()  # most contexts are copies of the one that imports this


def current_budget() -> Budget:
    """The budget of this thread."""
    return here() or begin()


def spend(steps: int, what: str) -> None:
    """Count steps of the evaluation under way. Raises BudgetSpent in the name of `what`."""
    current_budget().pay(steps, what)


def with_own_budget(call: Callable[P, T]) -> Callable[P, T]:
    """The function for another thread, which gets a copy of this context."""

    def run(*positional: P.args, **named: P.kwargs) -> T:
        begin()
        return call(*positional, **named)

    return run


@contextmanager
def one_evaluation() -> Iterator[None]:
    """Let all evaluations inside share one budget."""
    budget = current_budget()
    outer = budget.limit
    if not outer:
        budget.limit = budget.spent + MOST_STEPS
    try:
        yield
    finally:
        budget.limit = outer
