"""What is said of an expression as people write it who come from another language."""

from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from engine.expressions.functions import FUNCTIONS
from engine.expressions.jmespath.habits import OTHER_NAMES
from engine.parameters.expression import Expression
from engine.parameters.mistake import Mistake, mistakes_of

# The wrong expression, where the caret stands (‸), and what to write.
CASES = {
    "payload.a ‸and payload.b": "a && b",
    "payload.a ‸or payload.b": "a || b",
    "payload.a ‸& payload.b": "a && b",
    "not ‸payload.a.b": "!(payload.a.b)",
    "payload.a ‸= 5": "==",
    "payload[?a ‸= 5]": "==",
    "payload.a ==‸= 5": "==",
    "payload.a !=‸= 5": "!=",
    "payload.a <‸> 5": "!=",
    "payload.a ‸! = 5": "!=",
    "payload.a ‸=< 5": "<=",
    "payload.a =‸~ 'x'": "matches(text, 'pattern')",
    "payload.a ‸^ 2": "pow(payload.a, 2)",
    "payload.a ** ‸2": "pow(payload.a, 2)",
    "payload.a++‸": "payload.a + 1",
    "payload.a +‸= 2": "payload.a + …",
    "payload.a ‸is null": "payload.a == null",
    "payload.a ‸is not null": "payload.a != null",
    "payload.a ?‸? 1": "default(payload.a, 1)",
    "payload.a ?‸: 1": "default(payload.a, 1)",
    "payload.a ‸default 'x'": "default(payload.a, 'x')",
    "payload?‸.a": ".",
    "payload.a ? 1‸": "condition ? a : b",
    "if (payload.a) ‸1 else 2": "condition ? a : b",
    "payload[‸'a']": "payload.a",
    'payload[‸"a b"]': "payload.'a b'",
    "payload.a[‸vars.i]": "get(payload.a, vars.i)",
    "payload[‸a == 1]": "[?a == 1]",
    "payload[0‸,2]": "[0:2]",
    "[1 ‸+ 2]": "[(1 + 2)]",
    "payload.‸$a": "get(payload, $a)",
    "payload.‸.id": "deep(payload, 'id')",
    "{‸'a': 1}": '"a":',
    "{‸5: 1}": '"5":',
    "{a ‸= 1}": "a: …",
    "{payload‸.id}": "id: payload.id",
    "payload.a.‸length()": "length(payload.a)",
    "payload.a.‸size()": "size_of(payload.a)",
    "payload.a.‸contains('x')": "contains(payload.a, …)",
    "payload.a.‸map(&b)": "payload.a[*].…",
    "payload.a.‸filter(&b)": "payload.a[?…]",
    "payload.a.‸join(',')": "join(',', payload.a)",
    "‸len(payload)": "size_of",
    "‸toUpperCase(payload)": "upper",
    "sizeOf ‸payload.a": "size_of(payload.a)",
    "payload.a ‸filter $.b == 1": "payload.a[?…]",
    "payload.a ‸map $.b": "payload.a[*].…",
    "payload.a ‸groupBy $.b": "group_by(payload.a, …)",
    "payload.a ‸startsWith 'x'": "starts_with(payload.a, …)",
    "payload.a ‸as Number": "as_number(payload.a)",
    "payload.a ‸in payload.b": "contains(payload.b, payload.a)",
    '‸"text"': "'text'",
    'payload.a ? ‸"yes" : 0': "'yes'",
    "payload.a == ‸“x”": "'text'",
    "‸True": "true",
    "‸None": "null",
    "‸.5": "0.5",
    "1‸,5": "1.5",
    "payload.gr‸öße": ".'größe'",
    "let ‸x = 1 in x": "let $x = value in …",
    "let $x = 1 in ‸x": "$x",
    "let $x = 1 in ‸$y": "",
    "let $x = 1‸": "let $name = value in …",
    "var ‸x = 1": "let $name = value in …",
    "‸recordz[?y > z]": "payload.recordz",
    "‸paylod[?y > z]": "payload",
    "‸map(payload.a, &b)": "map(&…, …)",
    "‸sort_by(payload.a, b)": "sort_by(…, &…, …)",
    "payload.‸2fa": ".'2fa'",
    "payload.a.‸0": "[0], or .'0'",
    "payload.a.‸0.b": "[0], or .'0'",
    "‸not(payload.a)": "!(…)",
    "‸exists(payload.a)": "… != null",
    "‸flowVars.x": "vars",
    "‸headers.host": "attributes.headers",
    "payload.a‸;": "",
    "payload.a ‸# why": "the comment in YAML, outside of the quotes",
}


def mistake_in(text: str) -> Mistake:
    with pytest.raises(PydanticCustomError) as caught:
        Expression(text)
    (mistake,) = mistakes_of(caught.value)
    return mistake


@pytest.mark.parametrize(("text", "write"), CASES.items(), ids=CASES)
def test_habit(text: str, write: str) -> None:
    mistake = mistake_in(text.replace("‸", ""))
    assert (mistake.offset, mistake.write) == (text.index("‸"), write)
    assert mistake.expected


def test_names_of_other_languages_lead_to_functions() -> None:
    assert set(OTHER_NAMES.values()) <= set(FUNCTIONS)
    assert [name for name in OTHER_NAMES if name in FUNCTIONS or not name.islower()] == []


def test_a_mistake_far_behind_gets_its_hint() -> None:
    assert mistake_in("payload.a || " * 200 + "payload.b and payload.c").write == "a && b"
