"""Operations that all take effect together, or not at all."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any, Generic, Protocol, TypeVar

from engine.work.logical_task import logical_task

C = TypeVar("C")


class Part(Protocol):
    """The part that one resource has in a transaction."""

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...


P = TypeVar("P", bound=Part)


class Transactional(Protocol, Generic[P]):
    """A resource that can take part in transactions, such as a database."""

    async def begin(self, outer: P | None) -> P:
        """Begin a part, inside the outer one if there is one; the inner part can be undone alone."""
        ...


class Transaction:
    """A transaction of a scope. Resources take part with their first operation in it.

    It belongs to the logical task that entered it: concurrent routes and async work are outside it.
    """

    def __init__(self) -> None:
        self._outer = Transaction.current()
        self._task = logical_task()
        self._parts: dict[Any, Any] = {}
        self._before: Token[Transaction | None] | None = _current.set(self)

    @staticmethod
    def current() -> Transaction | None:
        """Return the transaction that operations of this logical task take part in."""
        transaction = _current.get()
        return transaction if transaction is not None and transaction._task is logical_task() else None

    async def part_of(self, resource: Transactional[P]) -> P:
        """Return the resource's part, begun now if this is its first operation."""
        if resource not in self._parts:
            outer = await self._outer.part_of(resource) if self._outer else None
            self._parts[resource] = await resource.begin(outer)
        part: P = self._parts[resource]
        return part

    async def commit(self) -> None:
        """Commit it. If a resource cannot, its error is raised, and all others are rolled back."""
        self.leave()
        parts = list(self._parts.items())
        for resource, part in parts:
            try:
                await part.commit()
            except BaseException:
                del self._parts[resource]
                await self.rollback()
                raise
            del self._parts[resource]

    async def rollback(self) -> None:
        """Roll it back; does nothing if it was rolled back before."""
        self.leave()
        while self._parts:
            _, part = self._parts.popitem()
            await part.rollback()

    def leave(self) -> None:
        """Put everything that runs from now on outside it."""
        if self._before is not None:
            _current.reset(self._before)
            self._before = None


_current: ContextVar[Transaction | None] = ContextVar("transaction", default=None)
