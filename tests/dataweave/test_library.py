"""The library: what each function returns, and for which arguments it fails, module by module."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataweave_scripts import differing

from engine.expressions.dataweave import library
from engine.expressions.dataweave.library.declaring import Builtin

FOLDER = Path(__file__).with_name("library")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_functions_do_what_dataweave_does(path: Path) -> None:
    assert differing(path) == []


@pytest.mark.parametrize("module", library.modules())
def test_each_function_of_a_module_has_a_manual(module: str) -> None:
    functions = [value for value in library.table(module).values() if isinstance(value, Builtin)]
    assert [each.name for each in functions if not each.manual.strip().endswith((".", "?"))] == []


def test_a_module_or_name_that_there_is_not() -> None:
    with pytest.raises(KeyError):
        library.names("dw::core::Nothing")
    with pytest.raises(KeyError):
        library.function("dw::Core", "nothing")
    with pytest.raises(KeyError):
        library.function("dw::util::Math", "PI")  # a constant, no function
