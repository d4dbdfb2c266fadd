"""The library as a whole: hostile arguments, other people's functions, the price of a start."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import engine.expressions.functions as functions
from engine import Event, Expression, FlowError
from engine.expressions.functions import FUNCTIONS, discover_functions
from engine.expressions.functions.function import Function
from engine.tools.cli import main

EXAMPLES = int(os.environ.get("FUNCTION_EXAMPLES", "1000"))
HEAVY = ("re2", "zoneinfo", "csv", "xml.parsers.expat", "yaml", "hashlib", "hmac", "random", "jiter", "calendar")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals().filter(
        lambda number: not number.is_snan()
    )  # neither JSON, nor a database, nor a function makes one
    | st.sampled_from([Decimal("1E+999999"), Decimal("1E-999999")])
    | st.just(5000).map(lambda digits: 10**digits)  # Python cannot show it
    | st.text(max_size=20)
    | st.text(st.characters(codec=None), max_size=5)
    | st.sampled_from(["(", "[a-z]*", "$1", "yyyy-MM-dd", "P1M", "#,##0.0", "text/csv", "desc", "a.b[0]", "2026-01-01"])
    | st.dates()
    | st.datetimes(timezones=st.none() | st.timezones())
    | st.binary(max_size=10)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
ANYTHING = st.lists(VALUES, min_size=6, max_size=6)


def call_of(function: Function, given: int) -> Expression:
    """A call with that many arguments, each an element of the payload."""
    arguments = [
        "&@" if function.parameter(position).is_expression else f"payload[{position}]" for position in range(given)
    ]
    return Expression(f"{function.name}({', '.join(arguments)})")


CALLS = {
    f"{function.name}/{given}": call_of(function, given)
    for function in FUNCTIONS.values()
    for given in range(6)
    if function.arity_mistake(given) is None
}


def error_of(call: Expression, payload: Any) -> FlowError | None:
    try:
        call.evaluate(Event(payload=payload))
    except FlowError as error:
        return error
    return None


def is_accident(error: FlowError) -> bool:
    """Whether Python refused what the function should have refused."""
    return error.description == "an expression failed"


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(CALLS)), payload=ANYTHING)
def test_nothing_but_a_flow_error_comes_out(name: str, payload: list[Any]) -> None:
    error = error_of(CALLS[name], payload)
    assert error is None or (str(error.type), is_accident(error)) == ("MULE:EXPRESSION", False), error


LARGE = {
    "text": "a" * 1_000_000, "list": [0] * 200_000, "integer": 10**15, "digits": 10**4000,
    "map": dict.fromkeys(map(str, range(100_000)), "x"), "brackets": "[" * 1_000_000,
}  # fmt: skip


@pytest.mark.timeout(120)  # a few seconds; what grows with the square of such sizes takes minutes
@pytest.mark.parametrize("kind", LARGE)
def test_large_arguments_end(kind: str) -> None:
    payload = [LARGE[kind]] * 6
    for name, call in CALLS.items():
        error = error_of(call, payload)
        assert error is None or not is_accident(error), (name, error)


def test_the_library_imports_nothing_heavy() -> None:
    imports = f"""
import importlib, sys
import engine.expressions
print([name for name in {HEAVY} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


MODULE = """
from engine.expressions.functions.function import function

@function("string")
def shout(text):
    '''The text, loud.

    shout('a') → "A!"
    '''
    return text.upper() + "!"
"""


def installed(folder: Path, module: str, text: str, member: str = "") -> None:
    """A distribution with one module, as pip leaves it."""
    (folder / f"{module}.py").write_text(text)
    information = folder / f"{module}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[engine.functions]\n{module} = {module}{member}\n")


def test_functions_of_other_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "loud_functions", MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    functions = discover_functions()
    assert functions["shout"].call("a") == "A!"
    assert functions.items() > FUNCTIONS.items()


def test_an_entry_point_may_name_one_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "single_functions", MODULE, ":shout")
    monkeypatch.syspath_prepend(tmp_path)
    assert discover_functions()["shout"].call("a") == "A!"


@pytest.mark.parametrize(
    ("module", "text", "message"),
    [
        (
            "broken_functions",
            "import no_such_module",
            "cannot be loaded: ModuleNotFoundError: No module named",
        ),
        ("failing_functions", "1 / 0", "cannot be loaded: ZeroDivisionError"),
        ("empty_functions", "x = 1", "has no function made by @function"),
    ],
)
def test_a_broken_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, text: str, message: str
) -> None:
    installed(tmp_path, module, text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=f"the entry point {module} of engine.functions {message}"):
        discover_functions()
    result = CliRunner().invoke(main, ["functions"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"engine: the entry point {module}")


def test_nobody_replaces_a_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "other_functions", MODULE.replace("shout", "upper"))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"other_functions of engine.functions defines upper\(\), which exists"):
        discover_functions()


def test_the_table_of_modules_names_every_function() -> None:
    """Functions are found by it without their modules being imported."""
    folder = Path(functions.__file__).parent
    paths = (path.relative_to(folder).with_suffix("").parts for path in folder.rglob("[!_]*.py"))
    modules = [import_module(".".join([functions.__name__, *parts])) for parts in paths]
    assert set(functions.collect(*modules)) == set(FUNCTIONS)
