"""Habits from other languages, and the way to write the same here.

A mistake gets the hint of the first habit whose pattern matches around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from engine.expressions.errors import ExpressionSyntaxError
from engine.expressions.functions.function import Function
from engine.expressions.jmespath.parser import ENDS_EARLY
from engine.expressions.suggestion import did_you_mean

WINDOW = 200
"""How far from the mistake its reason is searched."""

A = r"(?P<a>(?:[\w$@.]|\[[\w:*-]*\])+)"
B = r"(?P<b>(?:[\w$@.]|\[[\w:*-]*\])+|'[^']*')"


class Habit(NamedTuple):
    pattern: re.Pattern[str]
    expected: str
    write: str


HABITS = tuple(
    Habit(re.compile(pattern, re.DOTALL), expected, write)
    for pattern, expected, write in (
        # Signs
        (r"[‘’“”„]", "straight quotes", "'text'"),
        (r"(?P<name>(?a:\w)*[^\W\x00-\x7f]\w*)", "quotes around a name with letters beyond a to z", r".'\g<name>'"),
        (r"!==|<>|!\s+=", "the operator '!='", "!="),
        (r"===|~=", "the operator '=='", "=="),
        (r"=~", "the function matches", "matches(text, 'pattern')"),
        (r"=<", "the operator '<='", "<="),
        (r"=>", "'>=' to compare, or an argument marked with '&'", ">=, or &name in place of x => x.name"),
        (rf"&{{3,}}|(?<=[\w)'\]`])\s*(?<!&)&(?!&)\s*{B}", "the operator '&&'", "a && b"),
        (r"\b(?:var|val|const)\s+\w+", "let with a body", "let $name = value in …"),
        (r"\blet\s+(?P<name>\w+)\s*:?=\s*\w*", "'$' before the name", r"let $\g<name> = value in …"),
        (r":=", "the sign '='", "let $name = value in …"),
        (rf"{A}\s*(?P<sign>[-+*/])=", "no assignment: an expression changes nothing", r"\g<a> \g<sign> …"),
        (r"[{,]\s*(?P<name>\w+)\s*=(?!=)", "':' behind the name", r"\g<name>: …"),
        (r"(?<![=!<>])=(?![=>])", "the operator '=='", "=="),
        (rf"{A}\s*(?:\*\*|\^)\s*{B}", "the function pow", r"pow(\g<a>, \g<b>)"),
        (rf"{A}(?P<sign>[-+])(?P=sign)\s*$", "no assignment: an expression changes nothing", r"\g<a> \g<sign> 1"),
        (rf"{A}\s*(?:\?\?|\?\s*:|\bdefault\b)\s*{B}", "the function default, or '||'", r"default(\g<a>, \g<b>)"),
        (r"(?P<a>[\w$]+(?:\.[\w$]+)*)\.\.(?P<name>\w+)", "the function deep", r"deep(\g<a>, '\g<name>')"),
        (r"\?(?!\s*[.?:])[^:?\[\]]*$", "':' and what holds else", "condition ? a : b"),
        (r";", "one expression, without ';'", ""),
        (r"\?\.", "a plain '.': a field of null is null", "."),
        (r"#\[", "no mark, or '#[ ]' around the whole text", "concat('text', value)"),
        (r"/\*.*?\*/|//|/\*|#", "no comment inside an expression", "the comment in YAML, outside of the quotes"),
        (r"\$\{", "the function p", "p('name')"),
        # Brackets
        (rf"{A}\[\s*(?P<q>['\"])(?P<name>[A-Za-z_]\w*)(?P=q)\s*\]", "the name behind a dot", r"\g<a>.\g<name>"),
        (rf"{A}\[\s*(?P<q>['\"])(?P<name>[^'\"]*)(?P=q)\s*\]", "the name behind a dot", r"\g<a>.'\g<name>'"),
        (rf"{A}\[\s*(?P<key>[A-Za-z_$@][\w.$]*)\s*\]", "the function get", r"get(\g<a>, \g<key>)"),
        (r"\[(?P<what>[^\[\]?:'\"]*(?:[=!]=|[<>])[^\[\]]*)\]", "a '?' before a condition", r"[?\g<what>]"),
        (r"\[\s*(?P<what>[\d.]+\s*[-+*/%][^,\]]*)", "brackets around a sum that begins with a number", r"[(\g<what>)]"),
        (r"(?<=[\w\])])\[(?P<start>\d+)\s*,\s*(?P<end>\d+)\]", "a slice", r"[\g<start>:\g<end>]"),
        (rf"{A}\.(?P<var>\$\w+)", "a name after the dot", r"get(\g<a>, \g<var>)"),
        (r"[{,]\s*'(?P<name>[^']*)'\s*:", "a name, in double quotes where it needs any", r'"\g<name>":'),
        (r"[{,]\s*(?P<name>[\d.]+)\s*:", "a name", r'"\g<name>":'),
        (r"[{,]\s*(?P<path>(?:[\w$]+\.)*\$?(?P<name>\w+))\s*(?=[,}])", "a name and a value", r"\g<name>: \g<path>"),
        (r"\{\s*(?P<path>(?:[\w$]+\.)+(?P<name>\w+))", "a name and a value", r"\g<name>: \g<path>"),
        (r",(?=\s*[\]})])", "no comma before the closing bracket", ""),
        # Numbers
        (r"(?P<start>\d+)(?P<more>(?:_\d+)+)", "a number without '_'", "1000000"),
        (r"(?P<whole>\d+),(?P<digits>\d+)", "a point in a number", r"\g<whole>.\g<digits>"),
        (r"0[xX][0-9a-fA-F]+", "a decimal number", "255"),
        (r"(?<![\w.\])])\.(?P<digits>\d+)", "a digit before the point", r"0.\g<digits>"),
        (r"\.(?P<name>\d+[A-Za-z_]\w*)", "a name in quotes", r".'\g<name>'"),
        (r"\.(?P<digits>\d+)", "an index in brackets, or a name in quotes", r"[\g<digits>], or .'\g<digits>'"),
        (r"(?<![\w.])(?P<digits>\d+)\.(?!\d)", "a digit behind the point", r"\g<digits>.0"),
        # Words
        (r"\bif\b.+\belse\b|\bif\b.+\bthen\b|\bthen\b|\belse\b", "the operator '? :'", "condition ? a : b"),
        (rf"{A}\s+is\s+(?:not\s+|!=?\s*)null\b", "the operator '!='", r"\g<a> != null"),
        (rf"{A}\s+is\s+null\b", "the operator '=='", r"\g<a> == null"),
        (rf"{A}\s+is\s+String\b", "the function type", r"type(\g<a>) == 'string'"),
        (rf"{A}\s+is\b", "the operator '=='", "a == b"),
        (r"\bnot\s+in\b", "the operator '!'", "!contains(list, value)"),
        (rf"\bnot\s+{A}", "the operator '!'", r"!(\g<a>)"),
        (r"\band\b", "the operator '&&'", "a && b"),
        (r"\bor\b", "the operator '||'", "a || b"),
        (r"\blet\b.*", "a let with a body", "let $name = value in …"),
        (rf"{B}\s+in\s+{A}", "the function contains", r"contains(\g<a>, \g<b>)"),
        (r"\bin\b", "the function contains", "contains(list, value)"),
        (rf"{A}\s+between\b", "two comparisons", r"\g<a> >= low && \g<a> <= high"),
        (rf"{A}\s+like\b", "a function on texts", r"contains(\g<a>, 'part'), starts_with or matches"),
        (rf"{A}\s+as\s+:?String\b", "the function as_string", r"as_string(\g<a>)"),
        (rf"{A}\s+as\s+:?Number\b", "the function as_number", r"as_number(\g<a>)"),
        (rf"{A}\s+as\s+:?Boolean\b", "the function as_bool", r"as_bool(\g<a>)"),
        (rf"{A}\s+as\s+:?Date\b", "the function as_date", r"as_date(\g<a>)"),
        (rf"{A}\s+as\s+:?(?:Local)?DateTime\b", "the function as_datetime", r"as_datetime(\g<a>)"),
        (rf"{A}\s+as\b", "a function that converts", r"as_string(\g<a>), as_number, as_date …"),
        (rf"{A}\s+filter\b", "a filter in brackets", r"\g<a>[?…]"),
        (rf"{A}\s+map\b", "a projection", r"\g<a>[*].…"),
        (rf"{A}\s+to\s+{B}", "the function range", r"range(\g<a>, \g<b>)"),
        (rf"{A}\s+mod\s+{B}", "the operator '%'", r"\g<a> % \g<b>"),
        (rf"{A}\s+div\s+{B}", "the operator '//'", r"\g<a> // \g<b>"),
        (rf"{A}\s+(?:joinBy)\s+{B}", "the function join", r"join(\g<b>, \g<a>)"),
    )
)  # fmt: skip

OTHER_NAMES = {
    "len": "size_of", "size": "size_of", "count": "size_of", "sizeof": "size_of",
    "touppercase": "upper", "uppercase": "upper", "ucase": "upper", "tolowercase": "lower", "lowercase": "lower",
    "substr": "substring", "indexof": "find_first", "lastindexof": "find_last", "strip": "trim",
    "includes": "contains", "push": "append", "add": "append", "isnull": "is_null", "coalesce": "not_null",
    "ifnull": "default", "nvl": "default", "int": "as_number", "float": "as_number", "number": "as_number",
    "parseint": "as_number", "parsefloat": "as_number", "str": "to_string", "string": "to_string",
    "bool": "as_bool", "date": "as_date", "datetime": "as_datetime", "getdate": "today", "sysdate": "now",
    "typeof": "type", "orderby": "sort_by", "joinby": "join", "splitby": "split", "pluck": "items",
    "flatten": "flatten_deep", "mapobject": "map_values", "filterobject": "filter_keys", "keyset": "keys",
    "keysof": "keys", "namesof": "keys", "valuesof": "values", "entriesof": "items", "entries": "items",
    "concatwith": "concat", "sha256": "hash", "md5": "hash", "random": "random_int", "randomint": "random_int",
}  # fmt: skip
CALLED = re.compile(r"(?:the unknown function '(?P<unknown>\w+)'|(?P<known>\w+)\(\) with )")
ARGUMENT = re.compile(r"argument \d+ of (?P<name>\w+)\(\)$")
METHOD = re.compile(rf"{A}\.$")
WORD_BEFORE = re.compile(r"(?:^|(?<=[^\w.$]))(?P<name>[A-Za-z]\w*)\s+$")
OPERAND = re.compile(A)
INFIX = re.compile(r"(?P<name>[A-Za-z]\w*)\s+(?P<b>\S)")
AFTER_VALUE = re.compile(r"[\w)\]}@'\"`]\s*$")
NAME_BEFORE = re.compile(r"[\w.$]{0,30}[(\[{]$")
CLOSING = {"(": ")", "[": "]", "{": "}"}
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`", re.DOTALL)
OTHER_CONSTANTS = {"none": "null", "nil": "null", "undefined": "null", "true": "true", "false": "false", "null": "null"}


OTHER_ROOTS = {
    "flowvars": "vars", "sessionvars": "vars", "recordvars": "vars", "variables": "vars", "body": "payload",
    "exception": "error", "headers": "attributes.headers", "queryparams": "attributes.queryParams",
    "uriparams": "attributes.uriParams", "event": "$", "root": "$",
}  # fmt: skip
OPERATORS = {"not": "!(…)", "and": "a && b", "or": "a || b", "exists": "… != null"}


def add_hint(
    error: ExpressionSyntaxError, expression: str, functions: Mapping[str, Function], variables: Collection[str] = ()
) -> None:
    """Add to the error the text to write instead, if it shows a habit from another language.

    functions, variables: the names that the expression may use.
    """
    if _name(error, expression, variables):
        return
    hints: tuple[Callable[[ExpressionSyntaxError, str, Mapping[str, Function]], bool], ...] = (
        _call, _argument, _brackets, _habit, _operator_that_is_a_function,
    )  # fmt: skip
    any(hint(error, expression, functions) for hint in hints)


def function_meant(name: str, functions: Mapping[str, Function]) -> str:
    """Return our function for a name of another language, or the one with the most similar name; empty if none."""
    if name in functions:
        return name
    ours = OTHER_NAMES.get(name.lower().replace("_", ""), "")
    return ours if ours in functions else did_you_mean(name, functions)


def _call(error: ExpressionSyntaxError, expression: str, functions: Mapping[str, Function]) -> bool:
    """Hint for `list.map(…)`: a function gets all its input as arguments."""
    called = CALLED.match(error.found)
    if not called:
        return False
    error.write = name = function_meant(called["unknown"] or called["known"], functions)
    before = METHOD.search(expression[max(0, error.offset - WINDOW) : error.offset])
    if called["unknown"] in OPERATORS:
        error.expected, error.write = "an operator", OPERATORS[called["unknown"]]
    elif called["unknown"] == "filter":
        error.expected, error.write = "a filter in brackets", f"{before['a'] if before else 'list'}[?…]"
    elif before and name:
        error.expected = "what a function works with as its argument, not before a dot"
        error.write = _as_call(name, before["a"], expression[error.offset :])
    elif called["known"]:
        error.write = ""
    return True


def _argument(error: ExpressionSyntaxError, expression: str, functions: Mapping[str, Function]) -> bool:
    """Hint for an `&` that is missing or superfluous: which arguments take one."""
    match = ARGUMENT.match(error.found)
    if match:
        marks = ("&…" if parameter.is_expression else "…" for parameter in functions[match["name"]].parameters)
        error.write = f"{match['name']}({', '.join(marks)})"
    return match is not None


def _as_call(name: str, path: str, call: str) -> str:
    if name == "map":
        return f"{path}[*].…"
    if name == "join":
        return f"join(',', {path})"
    return f"{name}({path})" if re.match(r"\w+\(\s*\)", call) else f"{name}({path}, …)"


def _name(error: ExpressionSyntaxError, expression: str, variables: Collection[str]) -> bool:
    """Hint for a bare name: a text in double quotes, another language's constant, or otherwise not a root."""
    if not error.found.endswith("is not a root"):
        return error.found.startswith("the undefined variable")
    name = error.found.split("'")[1]
    if expression[error.offset : error.offset + 1] == '"':
        error.expected = "a text in single quotes: double quotes stand around names"
        error.write = f"'{name}'"
    elif name.lower() in OTHER_CONSTANTS:
        error.expected, error.write = "a constant", OTHER_CONSTANTS[name.lower()]
    elif name in variables or re.search(rf"\${name}\s*=", expression):
        error.write = f"${name}"
    elif name.lower() in OTHER_ROOTS:
        error.write = OTHER_ROOTS[name.lower()]
    elif not error.write:
        error.write = f"payload.{name}"
    return True


def _brackets(error: ExpressionSyntaxError, expression: str, functions: Mapping[str, Function]) -> bool:
    """Hint for a bracket that is missing or superfluous."""
    before, found = expression[: error.offset], expression[error.offset : error.offset + 1]
    opened = _open_brackets(before)
    ends_early = error.found == ENDS_EARLY and error.expected.startswith("a value")
    closes = found != "" and found in ")]}"
    if ends_early and not opened:
        error.expected = "a value"
    elif closes and not opened:
        error.expected = "a bracket that opens before it"
        return True
    elif opened and AFTER_VALUE.search(before) and (ends_early or (closes and found != CLOSING[before[opened[-1]]])):
        start = NAME_BEFORE.search(before, 0, opened[-1] + 1)
        error.expected = f"'{CLOSING[before[opened[-1]]]}' for '{start.group() if start else ''}'"
        return True
    return False


def _open_brackets(text: str) -> list[int]:
    """Return the offsets of brackets that are still open at the end of the text."""
    opened: list[int] = []
    for position, character in enumerate(QUOTED.sub(lambda match: "_" * len(match.group()), text)):
        if character in CLOSING:
            opened.append(position)
        elif character in ")]}" and opened:
            opened.pop()
    return opened


def _habit(error: ExpressionSyntaxError, expression: str, functions: Mapping[str, Function]) -> bool:
    if error.write or not (error.found == ENDS_EARLY or error.found.endswith(" in an expression")):
        return True
    start = max(0, error.offset - WINDOW)
    window, offset = expression[start : error.offset + WINDOW], error.offset - start
    for habit in HABITS:
        for match in habit.pattern.finditer(window):
            if match.start() <= offset <= match.end() and match.group():
                error.expected, error.write = habit.expected, match.expand(habit.write)
                return True
    return False


def _operator_that_is_a_function(
    error: ExpressionSyntaxError, expression: str, functions: Mapping[str, Function]
) -> bool:
    """Hint for `sizeOf x` and `x contains y`: functions without brackets, before or between values."""
    before = expression[max(0, error.offset - WINDOW) : error.offset]
    operand, infix = OPERAND.match(expression, error.offset), INFIX.match(expression, error.offset)
    word, left = WORD_BEFORE.search(before), re.search(rf"{A}\s+$", before)
    if infix and left and (name := function_meant(infix["name"], functions)):
        error.expected, error.write = f"the function {name}", f"{name}({left['a']}, …)"
    elif word and operand and (name := function_meant(word["name"], functions)):
        error.expected, error.write = "brackets around the argument of a function", f"{name}({operand['a']})"
    return bool(error.write)
