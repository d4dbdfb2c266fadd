"""Limits the cost of one evaluation of an expression, counted in steps.

A step is about 25 ns of time, or a few bytes that are made and kept. The counts are the same on every machine, so the
same input has the same answer everywhere. The compiler knows the cost of straight code and does not count it; a loop is
charged when it begins, for all its rounds; a function for the size of its arguments and result.

The total goes on after an evaluation: after many steps other tasks get a turn (`engine.work.turns`).
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
"""Bytes of lists and maps made per step: so everything that an evaluation makes fits in about 100 MB."""
SHORT = 16
"""Characters of a text made by a call in a loop that are covered by the call's own steps."""
TEXT_BYTES = 4
"""Bytes of long texts per step: they are written once more for the answer."""


class BudgetSpent(EvaluationError):
    """An evaluation that has cost too much: it ends, regardless of the rest of the expression."""


class Budget:
    """The steps of one thread.

    spent: steps since others had their turn. limit: the count at which the current evaluation ends; 0 if there is none.
    A nested evaluation, as by lookup(), has no budget of its own.
    """

    __slots__ = ("limit", "spent")

    def __init__(self) -> None:
        self.spent = self.limit = 0

    @property
    def left(self) -> int:
        """The remaining steps of the evaluation."""
        return self.limit - self.spent if self.limit else MOST_STEPS

    def pay(self, steps: int, what: str) -> None:
        """Count steps. Raises BudgetSpent in the name of `what` if they exceed the evaluation's limit."""
        self.spent += steps
        if self.spent > self.limit:
            self.stop(what)

    def stop(self, what: str) -> None:
        """Raise BudgetSpent if an evaluation is running. The budget stays spent: the next step raises again."""
        if self.limit:
            raise BudgetSpent(f"{what} stops at {MOST_STEPS} steps of an evaluation")

    def read(self, value: Sized, each: int, what: str) -> None:
        """Count a text or a list that a function reads; each: steps per element, or per 16 characters."""
        steps = len(value) * each
        self.pay(steps // 16 if isinstance(value, (str, bytes)) else steps, what)

    def made(self, text: str, what: str) -> None:
        """Count a text that was made, by its bytes: one, two or four for each character."""
        self.pay((len(text) if text.isascii() else getsizeof(text)) // TEXT_BYTES, what)


_budgets: dict[int, Budget] = {}
_current: ContextVar[Budget | None] = ContextVar("budget", default=None)
here = _current.get
"""Returns the budget of this thread; None in a context that has none yet, which `begin` fixes."""


def begin() -> Budget:
    """Return the budget of this thread, and set it in this context."""
    budget = _budgets.setdefault(get_ident(), Budget())
    _current.set(budget)
    return budget


begin()  # most contexts are copies of the one that imports this


def current_budget() -> Budget:
    """Return the budget of this thread."""
    return here() or begin()


def spend(steps: int, what: str) -> None:
    """Count steps of the current evaluation. Raises BudgetSpent in the name of `what`."""
    current_budget().pay(steps, what)


def with_own_budget(call: Callable[P, T]) -> Callable[P, T]:
    """Return the function for another thread, which runs in a copy of this context."""

    def run(*positional: P.args, **named: P.kwargs) -> T:
        begin()
        return call(*positional, **named)

    return run


@contextmanager
def one_evaluation() -> Iterator[None]:
    """Make all evaluations inside share one budget."""
    budget = current_budget()
    outer = budget.limit
    if not outer:
        budget.limit = budget.spent + MOST_STEPS
    try:
        yield
    finally:
        budget.limit = outer
