"""The string functions of JEP-14, and ours: texts and regular expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

SUBJECT = "subject string"
MEANS = "avg|-|min|-|max|-|mean"


@pytest.mark.parametrize(
    ("expression", "payload", "value"),
    [
        # JEP-14
        ("find_first(payload, 'string')", SUBJECT, 8),
        ("find_first(payload, 'string', 0, 14)", SUBJECT, 8),
        ("find_first(payload, 'string', -99, 100)", SUBJECT, 8),
        ("find_first(payload, 'string', 0, 13)", SUBJECT, None),
        ("find_first(payload, 'string', 9)", SUBJECT, None),
        ("find_first(payload, '')", SUBJECT, None),
        ("find_first('', '')", None, None),
        ("find_last(payload, 'string', 8, 9)", SUBJECT, None),
        ("find_last(payload, 's', 1)", SUBJECT, 8),
        ("find_last(payload, 's', -6)", SUBJECT, 8),
        ("find_last(payload, 's', 0, 7)", SUBJECT, 0),
        ("find_first('a😀b', 'b')", None, 2),
        ("replace(payload, 'aa', '-', 0)", "aabaaabaaaab", "aabaaabaaaab"),
        ("replace(payload, 'aa', '-', 2)", "aabaaabaaaab", "-b-abaaaab"),
        ("replace(payload, 'aa', '-')", "aabaaabaaaab", "-b-ab--b"),
        ("replace('ab', '', '-')", None, "-a-b-"),
        ("split('', '')", None, []),
        ("split('', ',')", None, [""]),
        ("split('/', '/')", None, ["", ""]),
        ("split('all chars', '', 3)", None, ["a", "l", "l", " chars"]),
        ("split(payload, '|-|', 0)", MEANS, [MEANS]),
        ("split(payload, '|-|', 2)", MEANS, ["avg", "min", "max|-|mean"]),
        ("split(payload, '|-|', `1.0`)", MEANS, ["avg", "min|-|max|-|mean"]),
        ("split('a,b', ',', payload)", 1e300, ["a", "b"]),
        ("trim(payload)", "\t\n\v\f\r \x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000", ""),
        ("trim(payload)", "\x1fa\x1c", "\x1fa\x1c"),
        ("trim(payload, '')", "  a ", "a"),
        ("trim(' subject string ', 'gsu ')", None, "bject strin"),
        ("trim_left(' subject string ', 'su ')", None, "bject string "),
        ("trim_right(' subject string ', 'gsu ')", None, " subject strin"),
        ("pad_left('string', 0)", None, "string"),
        ("pad_left('é', 3, '😀')", None, "😀😀é"),
        ("pad_right('string', 10, '-')", None, "string----"),
        ("upper('straße')", None, "STRASSE"),
        # ours
        ("substring('abc', -2, 99)", None, "bc"),
        ("substring(payload, 0)", None, None),
        ("substring_after('abc', '/')", None, ""),
        ("substring_before('/abc', '/')", None, ""),
        ("capitalize('customer name')", None, "Customer Name"),
        ("capitalize('')", None, ""),
        ("camelize('Customer-first name')", None, "customerFirstName"),
        ("underscore('XMLText2Html')", None, "xml_text2_html"),
        ("repeat('ab', 0)", None, ""),
        ("repeat('', payload)", 1e300, ""),
        ("mask('1234', 4)", None, "****"),
        ("mask('12345', 2, '#')", None, "###45"),
        # regular expressions
        ("matches('ä1', '\\pL\\d')", None, True),
        ("matches(payload, '.*')", None, False),
        ("match('ab', '(x)?b')", None, ["b", None]),
        ("scan('', 'a')", None, []),
        ("scan('aé', '')", None, [[""], [""], [""]]),
        ("replace_re('a.b', '\\.', '$$')", None, "a$b"),
        ("replace_re('ab', '(a)(x)?', '<$1$2$0>')", None, "<aa>b"),
        ("split_re('a1b22c', '[0-9]+')", None, ["a", "b", "c"]),
        ("split_re('abc', 'x*')", None, ["abc"]),
        ("matches('A', '(?i)a')", None, True),
    ],
)
def test_value(value_of: Callable[..., Any], expression: str, payload: Any, value: Any) -> None:
    assert value_of(expression, payload) == value


@pytest.mark.parametrize(
    ("expression", "payload", "mistake"),
    [
        ("upper(payload)", None, "upper() takes string as argument 1, not null"),
        ("find_first('a', 'a', payload)", 1.3, "find_first() takes a whole number as argument 3, not a number with"),
        ("find_first('a', 'a', payload)", "1", "find_first() takes integer as argument 3, not string"),
        ("replace('a', 'a', 'b', payload)", -1, "replace() takes a whole number of at least 0 as argument 4"),
        ("replace('a', 'a', 'b', payload)", 0.001, "replace() takes a whole number of at least 0 as argument 4"),
        ("split('a', '/', payload)", 3.7, "split() takes a whole number of at least 0 as argument 3"),
        ("split('a', '/', payload)", float("inf"), "split() takes a whole number of at least 0 as argument 3, not a n"),
        ("pad_left('a', payload)", True, "pad_left() takes integer as argument 2, not boolean"),
        ("pad_left('a', 5, payload)", "--", "pad_left() takes a string of one character as argument 3, not one of 2"),
        ("pad_left('a', payload)", 10**9, "pad_left() stops at 10000000 characters"),
        ("repeat('abc', payload)", 10**12, "repeat() stops at 10000000 characters"),
        ("replace(payload, '', payload)", "x" * 10_000, "replace() stops at 10000000 characters"),
        ("mask(payload, 0, payload)", "x" * 10_000, "mask() stops at 10000000 characters"),
        ("matches('a', payload)", "(", "matches() takes a regular expression (RE2) as argument 2, not another string"),
        ("matches('a', payload)", "(?=a)", "matches() takes a regular expression"),
        ("matches('a', payload)", "a" * 1001, "matches() stops at 1000 characters of a pattern"),
        ("matches('a', payload)", "\ud800", "matches() takes a regular expression"),
        ("matches(payload, 'a')", "\ud800", "matches() takes a string of Unicode characters"),
        ("replace_re('a', 'a', payload)", "$1", "replace_re() has no group 1 in the pattern"),
        ("matches(payload, '.{0,1000}y')", "a" * 1_000_000, "matches() stops: the text is too long for this pattern"),
        ("scan(payload, 'a.*b|a')", "a" * 300_000, "scan() stops: the pattern takes too long on this text"),
        ("replace_re(payload, 'x', payload)", "x" * 10_000, "replace_re() stops at 10000000 characters"),
    ],
)
def test_mistake(mistake_of: Callable[..., str], expression: str, payload: Any, mistake: str) -> None:
    assert mistake_of(expression, payload).startswith(mistake)


@pytest.mark.parametrize("expression", ["matches(payload, '(')", "pad_left('a')", "split('a', 'b', 1, 2)"])
def test_mistake_at_load(value_of: Callable[..., Any], expression: str) -> None:
    with pytest.raises(Exception, match=r"regular expression|expected 2 (or|to) 3 arguments"):
        value_of(expression)
