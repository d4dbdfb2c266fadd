"""Values as bytes and back, and the keys made of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import ErrorType, Message
from engine.connectors import Appended, NotSerialisable, identifier_of, key_of
from engine.values.stored_values import digest_of, restore, serialise

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
    | st.decimals(allow_nan=False) | st.dates() | st.times() | st.timedeltas() | st.uuids()
    | st.datetimes(timezones=st.just(UTC)) | st.datetimes()
)  # fmt: skip
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def typed(value: Any) -> Any:
    """The value with the types of all in it, so that 1 and True and 1.0 differ."""
    if isinstance(value, dict):
        return {key: typed(element) for key, element in value.items()}
    if isinstance(value, list):
        return [typed(element) for element in value]
    return type(value), value


@given(VALUES)
def test_a_value_comes_back_with_its_types(value: Any) -> None:
    assert typed(restore(serialise(value))) == typed(value)


@given(VALUES)
def test_equal_values_have_the_same_key(value: Any) -> None:
    assert key_of(value) == key_of(restore(serialise(value)))


@given(VALUES, VALUES)
def test_different_values_have_different_keys(left: Any, right: Any) -> None:
    is_same = serialise(left) == serialise(right)
    assert (digest_of(left) == digest_of(right)) >= is_same
    if typed(left) != typed(right):
        assert digest_of(left) != digest_of(right)


@given(st.binary(max_size=200))
def test_bytes_that_nobody_wrote_are_an_error_or_plain_data(data: bytes) -> None:
    try:
        value = restore(data)
    except (msgspec.DecodeError, KeyError, ValueError):
        return
    assert serialise(value) is not None


def test_a_date_keeps_its_offset() -> None:
    moment = datetime(2026, 7, 1, 12, 30, 15, 123456, timezone(timedelta(hours=5, minutes=30)))
    assert restore(serialise(moment)).isoformat() == "2026-07-01T12:30:15.123456+05:30"


def test_a_message_stays_a_message() -> None:
    value = {"0": Message({"id": 7}, {"status": 200}, "application/json")}
    restored = restore(serialise(value))
    assert restored == value
    assert restored["0"].media_type == "application/json"


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (Appended([1, Appended([2])]), [1, [2]]),
        ((1, (2,)), [1, [2]]),
        (bytearray(b"a"), b"a"),
        (Word("a"), "a"),
        ({Word("a"): 1}, {"a": 1}),
        (ErrorType("APP", "BROKEN"), "APP:BROKEN"),
        (Decimal("1.10"), Decimal("1.10")),
        (Decimal("1E+400"), Decimal("1E+400")),
        (UUID(int=7), UUID(int=7)),
        (time(12, 30, tzinfo=UTC), time(12, 30, tzinfo=UTC)),
        (date.max, date.max),
        (float("inf"), float("inf")),
        (2**4096, 2**4096),
        (True, True),
    ],
    ids=repr,
)
def test_what_json_shows_is_what_is_stored(value: Any, stored: Any) -> None:
    assert typed(restore(serialise(value))) == typed(stored)


@pytest.mark.parametrize("value", ["\ud800", "x" * 300 + "\ud800"], ids=["short", "long"])
def test_half_characters_are_no_key(value: str) -> None:
    with pytest.raises(NotSerialisable):
        key_of(value)


def circle() -> list[Any]:
    inner: list[Any] = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    "value", [object(), {1}, print, 10**5000, circle()], ids=["object", "set", "f", "huge", "circle"]
)
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    for write in (serialise, key_of, identifier_of):
        with pytest.raises(NotSerialisable):
            write([value] if write is serialise else value)


def test_a_short_text_is_its_own_key() -> None:
    assert key_of("order-7") == "order-7"


def test_a_text_that_looks_like_a_hash_is_no_key_of_another_value() -> None:
    assert key_of(key_of({"a": 1})) != key_of({"a": 1})


def test_a_long_text_has_a_short_key() -> None:
    assert len(key_of("x" * 10**6)) < 100


def test_the_order_of_a_map_does_not_count() -> None:
    assert key_of({"a": 1, "b": [{"c": 1, "d": 2}]}) == key_of({"b": [{"d": 2, "c": 1}], "a": 1})


def test_a_number_and_its_text_identify_the_same() -> None:
    assert identifier_of(7) == identifier_of("7")
    assert key_of(7) != key_of("7")


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_identifies_nothing(value: Any) -> None:
    with pytest.raises(NotSerialisable):
        identifier_of(value)
