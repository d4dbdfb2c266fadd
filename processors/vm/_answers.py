"""Answers to publish-consume on their way to another process."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from engine import FlowError
from engine.connectors import NotSerialisable, restore, serialise
from processors.vm._envelope import Answer, Reply
from processors.vm._errors import INVALID_VALUE


class RemoteReply:
    """The reply to a caller in another process.

    to: where the caller's process gets its replies. number: the caller's there. data: the reply, once it is known.
    """

    def __init__(self, to: str, number: str) -> None:
        self.to, self.number = to, number
        self.data: bytes | None = None

    def done(self) -> bool:
        return self.data is not None

    def set_result(self, answer: Answer) -> None:
        self.data = _written(answer)


class Awaited:
    """The replies for which tasks of this process wait, by the numbers that go with their messages."""

    def __init__(self) -> None:
        self._replies: dict[str, Reply] = {}
        self._numbers = count(1)

    def __len__(self) -> int:
        return len(self._replies)

    def expect(self, reply: Reply) -> str:
        """Return the number of a reply, which is awaited until it is known, or given up."""
        number = str(next(self._numbers))
        self._replies[number] = reply
        reply.add_done_callback(lambda _: self._replies.pop(number, None))
        return number

    def arrived(self, number: str, data: bytes) -> None:
        """Hand over a reply; one for which nobody waits any more is dropped."""
        reply = self._replies.get(number)
        if reply is not None and not reply.done():
            reply.set_result(_read(data))


def _written(answer: Answer) -> bytes:
    try:
        if isinstance(answer, FlowError):
            return serialise(answer.as_data())
        return serialise(list(answer))
    except NotSerialisable as error:
        return _written(FlowError(INVALID_VALUE, "the answer cannot be written", detailed_description=str(error)))


def _read(data: bytes) -> Answer:
    try:
        answer = restore(data)
    except ValueError as error:
        return FlowError(INVALID_VALUE, "the answer cannot be read", detailed_description=str(error))
    if not isinstance(answer, Mapping):
        payload, media_type = answer
        return payload, media_type
    return FlowError.from_data(answer)
