"""Values of the engine in scripts: messages, errors and their types, headers, read-only maps, growing lists.

Each is to scripts what an object or array of the same parts is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from engine import FlowError, Message, dataweave
from engine.expressions.appended import Appended
from engine.expressions.errors import EvaluationError
from engine.expressions.growing import Growing
from engine.serving.headers import Headers
from engine.values.errors import error_type

MESSAGES = [Message({"id": 1}, {"s": 2}), Message({"id": 2}, {"s": 2})]
VALUES: dict[str, Any] = {
    "message": Message({"payload": 1, "b": [1, 2]}, {"q": {"a": "x"}}),
    "error type": error_type("HTTP:NOT_FOUND"),
    "error": FlowError("A:B", "bad", error_message=Message({"x": 1}, {}), child_errors=[FlowError("C:D", "worse")]),
    "headers": Headers([(b"Content-Type", b"a/b"), (b"X", b"1")]),
    "read-only map": MappingProxyType({"a": 1, "payload": {"z": [1]}}),
    "growing map": Growing({"a": 1, "payload": 2}),
    "appended": Appended([{"a": 1, "payload": 2}, {"a": 3}]),
    "map of messages": {"0": MESSAGES[0], "1": MESSAGES[1]},
    "list of messages": MESSAGES,
    "appended messages": Appended(MESSAGES),
}
OPERATIONS = """\
x
x.payload
x.a
x.nope
x.payload.id
x.*payload
x.*a
x..payload
x..id
x..*id
x.&payload
x[0]
x["payload"]
x['a']
x.payload?
x.nope?
x[-1]
x[0 to 0]
x pluck $$
x pluck ((v, k, i) -> {(k): v, n: i})
x mapObject {($$): 1}
x filterObject ($$$ == 0)
keysOf(x)
namesOf(x)
valuesOf(x)
valuesOf(x).payload
entriesOf(x)
sizeOf(x)
isEmpty(x)
typeOf(x) as String
x ++ x
x ++ {z: 1}
x ++ [1]
x - "a"
x - "payload"
x -- ["a"]
x == x
x != x
x ~= x
x is Object
x is Array
x as Object
x as Array
x map $
x map $.payload
x filter true
x flatMap [$]
x reduce ($$ default $)
x groupBy 1
x orderBy $$
x distinctBy $
x joinBy "-"
flatten([x, [x]])
x contains 1
x default 3
{a: x, (x)}
[x]
{(x), q: 1}
x update {case .a -> 2}
x match { case o is Object -> "o" case a is Array -> "a" else -> "?" }
x match { case {} -> "e" case [] -> "ea" else -> "?" }
x match { case {k: v ~ t} -> {k: k, v: v, t: t} case [h ~ t] -> {h: h, t: t} else -> "?" }
write(x, "application/json")
write(x, "application/dw")
write({r: x}, "application/xml")
write(x, "application/csv")
write(x, "application/yaml")
write(x, "application/x-ndjson")
write(x, "application/x-www-form-urlencoded")
write(x, "text/x-java-properties")
if (x == null) 1 else 2
do { var y = x --- y }
x.payload default "none"
x.^mediaType
x[?($ == 1)]
x filter ((v, i) -> i == 0)
x find 1
x zip x
import * from dw::core::Arrays --- x some true
x.@
x.#
(x)
[x] map $.payload
[x] filter $.payload != null
[x].payload
{k: x} mapObject ((v, k) -> {(k): v.payload})
{k: x} pluck $.payload
[x] groupBy $.payload
[x] orderBy $.a
[x] distinctBy $.a
[x] ++ [x]
[x] contains x
[x] - x
x.payload.id + 1
"$(x.a default '')"
x minBy $.a
x maxBy $.a
import * from dw::core::Arrays --- x sumBy 1
import dw::core::Objects --- Objects::mergeWith(x, {n: 1})
import dw::core::Objects --- Objects::keySet(x)
import dw::core::Objects --- Objects::everyEntry(x, (v, k) -> true)
import dw::core::Objects --- Objects::divideBy(x, 1)
import dw::core::Objects --- Objects::takeWhile(x, (v, k) -> true)
import dw::core::Arrays --- Arrays::take(x, 1)
import dw::core::Arrays --- Arrays::partition(x, (i) -> true)
import dw::util::Tree --- Tree::mapLeafValues(x, (v, p) -> v)
import dw::util::Values --- Values::mask(x, "a") with "*"
""".splitlines()


def plain(value: Any) -> Any:
    """Return the object or array of the same parts."""
    if isinstance(value, Mapping) or hasattr(value, "field_names"):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple, Appended)) else value


def outcome(script: Any, value: Any) -> bytes | str:
    try:
        return bytes(script.run({"x": value})[0])
    except EvaluationError as error:
        return str(error)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_is_what_a_plain_value_is(operation: str) -> None:
    header, _, body = operation.rpartition(" --- ") if operation.startswith("import") else ("", "", operation)
    script = dataweave.compile(f"%dw 2.0\noutput application/json\n{header}\n---\n{body}", ["x"])
    found = {name: outcome(script, value) for name, value in VALUES.items()}
    assert found == {name: outcome(script, plain(value)) for name, value in VALUES.items()}


def test_an_error_is_written_as_mule_does() -> None:
    script = "output application/json indent=false --- {e: error, t: error.errorType}"
    error = FlowError("APP:A", "told", detailed_description="in full")
    parent = '{"parentErrorType": null,"namespace": "MULE","identifier": "ANY"}'
    kind = f'{{"parentErrorType": {parent},"namespace": "APP","identifier": "A"}}'
    assert dataweave.run(script, {"error": error})[0].decode() == (
        '{"e": {"description": "told","detailedDescription": "in full","errorType": '
        f'{kind},"errorMessage": null,"childErrors": [],"failingComponent": null}},"t": {kind}}}'
    )
