"""Values as Python sees them: objects, functions, metadata, kinds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from engine.expressions.appended import Appended
from engine.expressions.dataweave import library
from engine.expressions.dataweave.values.annotated import annotate, plain, schema_of
from engine.expressions.dataweave.values.coercing import coerce
from engine.expressions.dataweave.values.comparing import equals, similar
from engine.expressions.dataweave.values.errors import Failed, Unfit
from engine.expressions.dataweave.values.functions import Function, Overloads, as_callable
from engine.expressions.dataweave.values.kinds import kind_of
from engine.expressions.dataweave.values.objects import Key, Namespace, Pairs, joined, object_of
from engine.expressions.dataweave.values.times.periods import Period, read_period
from engine.expressions.dataweave.values.types import Field, Type, simple, union


def test_an_object_is_a_dict_while_its_keys_are_unique_and_plain() -> None:
    assert object_of([("a", 1), (Key("b"), 2)]) == {"a": 1, "b": 2}
    twice = object_of([("a", 1), ("a", 2)])
    assert isinstance(twice, Pairs)
    assert (twice.get("a"), twice.all("a"), len(twice)) == (1, [1, 2], 2)
    with_attributes = object_of([(Key("a", None, {"x": 1}), 1)])
    assert isinstance(with_attributes, Pairs)
    assert isinstance(joined({"a": 1}, {"a": 2}), Pairs)
    assert joined({"a": 1}, {"b": 2}) == {"a": 1, "b": 2}


def test_what_leaves_for_json() -> None:
    assert Pairs([("a", 1), ("b", 2), ("a", 3)]).to_json() == {"a": [1, 3], "b": 2}
    assert (read_period("P1DT2H").to_json(), Namespace("p", "u").to_json()) == ("PT26H", "u")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "Null"), (True, "Boolean"), (1, "Number"), (1.5, "Number"), (Decimal("1.5"), "Number"), ("a", "String"),
        (Key("a"), "Key"), ([], "Array"), (Appended([1]), "Array"), (range(3), "Range"), ({}, "Object"),
        (Pairs(), "Object"), (date(2020, 1, 1), "Date"), (datetime(2020, 1, 1), "LocalDateTime"),
        (datetime(2020, 1, 1, tzinfo=UTC), "DateTime"), (time(1), "LocalTime"), (time(1, tzinfo=UTC), "Time"),
        (UTC, "TimeZone"), (Period(days=1), "Period"), (b"", "Binary"), (simple("String"), "Type"),
    ],
)  # fmt: skip
def test_kinds(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    "value",
    [
        "a", 1, Decimal("1.5"), date(2020, 1, 2), datetime(2020, 1, 2, 3, 4, 5, 6, timezone(timedelta(hours=1))),
        time(1, 2, 3, 4), b"a", {"a": 1}, [1],
    ],
)  # fmt: skip
def test_metadata_changes_neither_value_nor_kind(value: Any) -> None:
    made = annotate(value, {"format": "x"})
    assert (made, kind_of(made), schema_of(made)) == (value, kind_of(value), {"format": "x"})
    assert type(plain(made)) is type(value)
    assert equals(made, value)
    assert schema_of(value) is None


def test_floats_from_outside_are_the_decimals_that_they_show() -> None:
    assert equals(0.1, Decimal("0.1"))
    assert library.function("dw::Core", "sum").call([0.1, 0.2]) == Decimal("0.3")
    with pytest.raises(Unfit):
        library.function("dw::Core", "abs").call(float("nan"))


def test_functions_are_given_as_many_arguments_as_they_take() -> None:
    one = Function("one", 1, lambda value: [value])
    assert one.taking(2)(1, 2) == [1]
    assert one.taking(3)(1, 2, 3) == [1]
    assert Function("none", 0, lambda: 5).taking(2)(1, 2) == 5
    with pytest.raises(Unfit):
        Function("two", 2, lambda left, right: left).taking(1)
    with pytest.raises(Unfit):
        as_callable("no function", 1)


def test_overloads_take_what_fits_before_what_converts() -> None:
    number, text = simple("Number"), simple("String")
    both = Overloads("f", [Function("f", 1, lambda value: "number", [number]), Function("f", 1, str.upper, [text])])
    assert [both.call(value) for value in (1, "a", "1", True)] == ["number", "A", "1", "TRUE"]
    moment = Overloads(
        "g", [Function("g", 1, lambda value: kind_of(value), [simple(each)]) for each in ("String", "Date")]
    )
    assert moment.call(datetime(2020, 1, 1)) == "Date"  # a text is what is left
    with pytest.raises(Failed):
        both.call([])
    with pytest.raises(Unfit):  # `default` replaces what is called with null
        both.call(None)


def test_types() -> None:
    fields = (Field("a", simple("String")), Field("b", simple("Number"), optional=True))
    closed = Type("Object", fields=fields, is_open=False)
    assert closed.accepts({"a": "x"})
    assert not closed.accepts({"a": "x", "c": 1})
    assert not closed.accepts({"b": 1})
    assert closed.described == "{| a: String, b?: Number |}"
    either = union(simple("Number"), Type("Literal", literal="x"))
    assert [either.accepts(value) for value in (1, "x", "y")] == [True, True, False]
    assert coerce("2", either) == 2
    with pytest.raises(Unfit):
        coerce([], either)


def test_similar_looks_into_lists_and_objects() -> None:
    assert similar({"a": ["1", True]}, {"a": [1, "true"]})
    assert not similar({"a": 1, "b": 2}, {"b": 2, "a": 1})


def test_ranges_cost_nothing_until_they_are_walked() -> None:
    numbers = library.function("dw::Core", "to").call(1, 10**12)
    assert library.function("dw::Core", "sizeOf").call(numbers) == 10**12
    assert library.function("dw::Core", "contains").call(numbers, 5)
