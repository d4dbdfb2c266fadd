"""The proof of a translation: both expressions, evaluated with the same events, have the same values or fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from engine.expressions import LANGUAGES, UNREAD
from engine.expressions.appended import Appended
from engine.expressions.budget import one_evaluation
from engine.expressions.dataweave.translation import TYPED, is_object
from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.chance import frozen
from engine.expressions.functions.function import function
from engine.parameters.expression import Compiled, Template
from engine.parameters.reader import Reach
from engine.values.errors import FlowError
from engine.values.event import Event


@function("string")
def p(name: str) -> str:
    """The value of any property: `value of name`."""
    return f"value of {name}"


FLOW = {"name": "a flow"}
WITH_PROPERTIES = {**FUNCTIONS, "p": p}
IN_DATAWEAVE = Reach(WITH_PROPERTIES, FLOW, language=LANGUAGES["dataweave"])
IN_JMESPATH = Reach(WITH_PROPERTIES, FLOW, language=UNREAD)
RANDOM = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""What uuid() returns: another one each time."""
FAILED = object()
LISTS = (list, tuple, Appended)
NUMBERS = (int, float)


def differs(
    original: Any, translation: Any, events: Iterable[Event], kind: Callable[..., Compiled] = Template
) -> Event | None:
    """Return an event for which two contents of a parameter differ; None if there is none.

    original: as a file in DataWeave has it. translation: as one in JMESPath does. Raise ValueError for one that cannot
    be compiled.
    """
    before, after = kind(original, IN_DATAWEAVE), kind(translation, IN_JMESPATH)
    return next((each for each in events if not same(_value(before, each), _value(after, each))), None)


def _value(compiled: Compiled, event: Event) -> Any:
    try:
        with one_evaluation(), frozen():
            return compiled.evaluate(event)
    except FlowError:
        return FAILED


def same(one: Any, other: Any) -> bool:
    """Return whether two results are the same to everything that may look at them: in types and order, too."""
    if isinstance(one, LISTS) and isinstance(other, LISTS):
        return len(one) == len(other) and all(map(same, one, other))
    if is_object(one) and is_object(other):
        pairs = [list(each.items()) if hasattr(each, "items") else each for each in (one, other)]
        return pairs[0] == pairs[1] if not isinstance(pairs[0], list) else _same_pairs(*pairs)
    if type(one) in TYPED or type(other) in TYPED:
        return type(one) is type(other) and one == other and one.media_type == other.media_type
    if isinstance(one, str) and isinstance(other, str):
        return RANDOM.sub("", one) == RANDOM.sub("", other)
    return one is other or (type(one) is type(other) and bool(one == other))


def _same_pairs(one: Any, other: Any) -> bool:
    return (
        isinstance(other, list)
        and len(one) == len(other)
        and all(key == name and same(value, another) for (key, value), (name, another) in zip(one, other, strict=True))
    )
