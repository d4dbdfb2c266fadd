"""Expressions of random functions over a payload that may be made at any size."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from engine.expressions.functions import FUNCTIONS
from engine.expressions.functions.function import Parameter

DEEPEST = 3
SIMPLE = {
    "string": ("payload.text", "payload.words[0]", "'a'", "'ab'", "payload.letter"),
    "number": ("payload.n", "length(payload.list)", "3", "2"),
    "integer": ("payload.n", "length(payload.list)", "3"),
    "natural": ("payload.n", "length(payload.list)", "3"),
    "boolean": ("true", "payload.n > 1"),
    "object": ("payload.map", "payload"),
    "array": ("payload.list", "payload.words", "payload.pairs", "payload.maps", "payload.same"),
    "null": ("null",),
    "date": ("today()",),
    "datetime": ("now()",),
    "bytes": ("payload.text",),
    "expression": (
        "@", "to_string(@)", "[@, @]", "$payload.list", "$payload.text", "concat($payload.text, to_string(@))", "acc",
        "concat(acc, acc)", "[acc, item]", "[acc, acc]", "append(acc, item)", "merge(acc, {a: item})", "length(@)",
        "id", "repeat('x', $payload.n)", "range($payload.n)", "$payload.list[*].@", "contains($payload.list, @)",
        "$payload.maps[?id == $payload.n]", "sort($payload.words)",
    ),
}  # fmt: skip
ANY = ("payload", "payload.list", "payload.text", "payload.map", "payload.n", "payload.maps", "null")
SHAPES = ("a", "ab", "aab", "é", "a b_C ", "1", "%41", "<a/>", '"', "0", "😀", "=?")
NOT_RUN = frozenset({"now", "today", "uuid", "random_int"})


class Evaluation(NamedTuple):
    """An expression, and what its payload's texts are made of."""

    expression: str
    unit: str
    letter: str

    def payload(self, size: int) -> dict[str, Any]:
        """A payload that is about so many bytes large as JSON."""
        count = size // 60
        return {
            "text": self.unit * (size // 4 // len(self.unit)) + self.letter,
            "letter": self.letter,
            "n": count,
            "list": list(range(count)),
            "same": [self.unit] * count,
            "words": [f"{self.unit}{number}" for number in range(count)],
            "pairs": [[number, -number] for number in range(count // 2)],
            "maps": [{"id": number, "text": self.unit} for number in range(count // 2)],
            "map": {f"k{number}": number for number in range(count // 2)},
        }


@st.composite
def evaluations(draw: st.DrawFn) -> Evaluation:
    """Calls of functions inside each other, and projections over what they return."""
    text = _call(draw, 1)
    tail = draw(st.sampled_from(("", "", "[]", "[*].@", "[*].[@, $payload.list]", " | [0]", "[?@ != null]", ".*")))
    return Evaluation(text + tail, draw(st.sampled_from(SHAPES)), draw(st.sampled_from(("a", "b", "x", "é"))))


def _call(draw: st.DrawFn, depth: int) -> str:
    function = FUNCTIONS[draw(st.sampled_from(sorted(set(FUNCTIONS) - NOT_RUN)))]
    required = [parameter for parameter in function.parameters if not parameter.is_optional]
    count = draw(st.integers(len(required), len(function.parameters) + (2 if function.variadic else 0)))
    arguments = [_argument(draw, function.parameter(position), depth) for position in range(count)]
    return f"{function.name}({', '.join(arguments)})"


def _argument(draw: st.DrawFn, parameter: Parameter, depth: int) -> str:
    if parameter.is_expression:
        return "&" + draw(st.sampled_from(SIMPLE["expression"]))
    if depth < DEEPEST and draw(st.integers(0, 2)) == 0:
        return _call(draw, depth + 1)
    kinds = [kind.partition("[")[0] for kind in parameter.expected.split(" or ")]
    simple = ANY if parameter.is_any else SIMPLE[draw(st.sampled_from(kinds))]
    return str(draw(st.sampled_from(simple)))
