"""Wrong flow files, and what `engine check` says of them, word for word.

`mistakes/NAME.yaml` is a wrong flow; the comment at its head is what must be printed for it. A case
of several files, or of a file that can hold no comment, is a folder with its `expected.txt`; a
package in the folder holds elements of its own.

After a message has changed, `UPDATE_GOLDENS=1 pytest tests/test_mistakes.py` writes all of them
anew: read the diff.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Application
from engine.loading.catalog import discover
from engine.loading.diagnostic import Diagnostic, LoadError
from engine.loading.files.document import Document
from engine.loading.loader import Loader

HERE = Path(__file__).parent / "mistakes"
ROOT = Path(__file__).parents[1]
UPDATE = bool(os.environ.get("UPDATE_GOLDENS"))
FILES = sorted(path.name for path in HERE.glob("*.yaml"))
FOLDERS = sorted(path.name for path in HERE.iterdir() if path.is_dir())
CODE = re.compile(r"\bF[1-6]\d\d\b")


def report(*paths: str | Path, processors: list[str] | None = None) -> str:
    """What is printed for flow files: their mistakes, else the warnings; no blanks at the ends of lines."""
    try:
        warnings = Application.load(*paths, processors=processors or [], metrics=True).parts.warnings
        text = "\n".join(map(str, warnings))
    except LoadError as error:
        text = str(error)
    return "\n".join(line.rstrip() for line in text.split("\n"))


def head(text: str) -> str:
    """The comment that a file begins with."""
    lines = takewhile(lambda line: line.startswith("# "), text.split("\n"))
    return "\n".join(line.removeprefix("# ") for line in lines)


def as_comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.split("\n") if text)


def write_head(path: Path) -> None:
    """Put what is reported for a file at its head; that moves the places in it, so look again."""
    text = path.read_text(encoding="utf-8")
    body = text.removeprefix(as_comment(head(text)))
    for _ in range(3):
        path.write_text(as_comment(report(path.name)) + body, encoding="utf-8")


@pytest.fixture(autouse=True)
def _in_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)


@pytest.mark.parametrize("name", FILES)
def test_file(name: str) -> None:
    path = HERE / name
    if UPDATE:
        write_head(path)
    assert report(name) == head(path.read_text(encoding="utf-8")) != ""


@pytest.mark.parametrize("name", FOLDERS)
def test_folder(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = HERE / name / "expected.txt"
    monkeypatch.syspath_prepend(HERE / name)
    packages = [path.parent.name for path in (HERE / name).glob("*/__init__.py")]
    if UPDATE:
        expected.write_text(report(name, processors=packages) + "\n", encoding="utf-8")
    assert report(name, processors=packages) + "\n" == expected.read_text(encoding="utf-8") != "\n"


def golden(name: str) -> str:
    """What a case expects."""
    path = HERE / name
    return (
        head(path.read_text(encoding="utf-8"))
        if path.is_file()
        else (path / "expected.txt").read_text(encoding="utf-8")
    )


def test_every_code_has_a_case() -> None:
    sources = [path for package in ("engine", "processors") for path in (ROOT / package).rglob("*.py")]
    in_source = {code for path in sources for code in re.findall(r'"(F[1-6]\d\d)"', path.read_text(encoding="utf-8"))}
    assert in_source <= {code for name in FILES + FOLDERS for code in CODE.findall(golden(name))}


@pytest.mark.parametrize(
    "words", ["Input should", "Value error", "Traceback", "hunter2", "correct-horse", "None", "<class"]
)
def test_no_message_holds(words: str) -> None:
    assert [name for name in FILES + FOLDERS if words in golden(name)] == []


SHAPE = re.compile(
    r"(?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+) F\d{3} [^\n]+\n"
    r"(?: +(?P<number>\d+) \| (?P<source>[^\n]*)\n       \|(?P<blanks> *)\^\n)?"
    r"(?:  expected: [^\n]+\n)?(?:  write: [^\n]+\n)?"
)


@pytest.mark.parametrize("name", FILES + FOLDERS)
def test_caret_stands_under_the_place(name: str) -> None:
    rest = golden(name).rstrip("\n") + "\n"
    while rest:
        match = SHAPE.match(rest)
        assert match, rest
        if match["blanks"] and "…" not in match["source"]:
            assert (match["number"], len(match["blanks"])) == (match["line"], int(match["column"]))
        rest = rest[match.end() :]


@pytest.mark.parametrize("name", ["unknown-element.yaml", "broken-yaml.yaml", "several-files", "cut-type.yaml"])
def test_command_line(name: str) -> None:
    command = [sys.executable, "-m", "engine.tools", "check", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    expected = golden(name).rstrip("\n")
    codes = CODE.findall("\n".join(line for line in expected.split("\n") if not line.startswith(" ")))
    mistakes = f"{len(codes)} mistake{'' if len(codes) == 1 else 's'}"
    last = f"engine: {mistakes} in the flows; `engine explain {codes[0]}` tells more"
    assert (done.returncode, done.stdout) == (1, "")
    assert [line.rstrip() for line in done.stderr.splitlines()] == [*expected.split("\n"), last]


# What cannot be stored as a file


def test_no_such_file() -> None:
    assert report("nowhere.yaml") == (
        "nowhere.yaml:1:1 F100 a file that cannot be read (No such file or directory)\n"
        "  expected: a flow file or a folder of them"
    )


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "orders.test.yaml").write_text("given: {}\n")
    assert report(tmp_path) == (f"{tmp_path}:1:1 F100 a folder without flow files\n  expected: files that end in .yaml")


@pytest.mark.parametrize("text", ["", "\n\n", "---\n", "flows:\n", "\ufeff"])
def test_empty_file(text: str, tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text(text, encoding="utf-8")
    assert report(path).startswith(f"{path}:1:1 F100 no flow in any file\n")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_places_in_expressions_of_several_lines(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "lines.yaml"
    lines = [
        "flows:",
        "  orders:",
        "    steps:",
        "      - set-payload:",
        "          value: |-",
        "            #[payload.id +",
        "              paylod.id]",
        "      - set-payload:",
        "          value: >-",
        "            #[payload.id",
        "",
        "            + paylod.id]",
        "      - set-payload:",
        '          value: "#[payload.id',
        '            + paylod.id]"',
        '      - set-payload: {value: "#[payload.id\\t+\\n paylod.id]"}',
        "      - foreach:",
        "          collection: payload.ids[?",
        "            id == 'é'\t] +",
        "            paylod",
        "          steps: []",
    ]
    path.write_bytes(ending.join(lines).encode())
    heads = [line for line in report(path).split("\n") if " F401 " in line]
    places = [(7, 15), (12, 15), (15, 15), (16, 49), (20, 13)]
    assert heads == [f"{path}:{line}:{column} F401 'paylod' is not a root" for line, column in places]


def test_no_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"flows:\n  caf\xe9: {steps: []}\n")
    assert report(path) == f"{path}:2:6 F100 a byte that is no UTF-8\n  expected: text in UTF-8"


def test_character_that_yaml_refuses(tmp_path: Path) -> None:
    path = tmp_path / "bell.yaml"
    path.write_bytes(b"flows:\n  a\x07b: {steps: []}\n")
    assert report(path).startswith(f"{path}:2:4 F101 the character U+0007, which YAML does not allow\n")


@pytest.mark.reaches("DEEPEST_FILE")
@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "{? "])
def test_deep_nesting(opening: str, tmp_path: Path) -> None:
    path = tmp_path / "deep.yaml"
    path.write_text(opening * 100_000)
    # PyYAML since 6.0.4 stops at 1000 brackets before it tells of the first of them.
    places = [f"{path}:1:{levels * len(opening) + 1}" for levels in (100, 1000)]
    assert report(path).split("\n")[0] in (
        *(f"{place} F105 more than 100 levels inside each other" for place in places),
        f"{path}:1:4 F106 a map or a list as a key",
    )


def test_deep_nesting_by_aliases(tmp_path: Path) -> None:
    path = tmp_path / "deep.yaml"
    levels = [f"a{number}: &a{number} [[[[[[[[[[*a{number - 1}]]]]]]]]]]" for number in range(1, 2000)]
    path.write_text("\n".join(["a0: &a0 x", *levels]))
    assert f"{path}:11:" in report(path).split("\n")[0]


def test_long_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text("flows: {orders: {steps: [" + "{logger: {message: hi}}, " * 500 + "{loger: {}}]}}")
    source, caret = report(path).split("\n")[1:3]
    assert source[caret.index("^") :].startswith("loger")
    assert len(source) < 200


def test_row_of_sub_flows_longer_than_the_stack(tmp_path: Path) -> None:
    path = tmp_path / "row.yaml"
    steps = [f"  s{number}: {{steps: [{{flow-ref: {{name: s{number + 1}}}}}]}}" for number in range(2000)]
    path.write_text("\n".join(["sub-flows:", *steps, "  s2000: {steps: [{flow-ref: {name: s0}}]}"]))
    assert " F506 a cycle of sub-flows: s0 → s1 → " in report(path)


@pytest.mark.reaches("LONGEST_PLACEHOLDER")
def test_placeholders_that_multiply(tmp_path: Path) -> None:
    path = tmp_path / "laughs.yaml"
    lines = [f'  p{number}: "${{p{number + 1}}}${{p{number + 1}}}"' for number in range(40)]
    path.write_text("\n".join(["properties:", *lines, "  p40: ha"]))
    assert "F201 '${p" in report(path)
    assert "whose value is made of too many others" in report(path)


@pytest.mark.reaches("DEEPEST_PLACEHOLDERS")
def test_placeholders_in_a_long_row(tmp_path: Path) -> None:
    path = tmp_path / "row.yaml"
    lines = [f'  p{number}: "${{p{number + 1}}}"' for number in range(3000)]
    path.write_text("\n".join(["properties:", *lines, "  p3000: x"]))
    assert "whose value is made of too many others" in report(path)


CATALOG = discover()
SHIPPED = (ROOT / "flows" / "bulk-upsert.yaml").read_text(encoding="utf-8").split("\n")
ODD = [
    "null",
    "[]",
    "{a: [b]}",
    "5",
    ".nan",
    "''",
    "#[payload]",
    "&a",
    "*a",
    "!x",
    "${x}",
    "'",
    '"',
    "- x",
    "{",
    "|",
    "\t",
    "é",
]
line_number = st.integers(0, len(SHIPPED) - 1)
CHANGES = st.one_of(
    st.builds(lambda line: {line: ""}, line_number),
    st.builds(lambda line, by: {line: " " * by + SHIPPED[line]}, line_number, st.integers(1, 4)),
    st.builds(lambda line, by: {line: SHIPPED[line][by:]}, line_number, st.integers(1, 4)),
    st.builds(
        lambda line, odd: {line: SHIPPED[line].partition(": ")[0] + ": " + odd}, line_number, st.sampled_from(ODD)
    ),
    st.builds(lambda line, odd: {line: SHIPPED[line] + odd}, line_number, st.sampled_from(ODD)),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_a_changed_flow_loads_or_is_refused(changes: list[dict[int, str]]) -> None:
    lines = dict(enumerate(SHIPPED))
    for change in changes:
        lines |= change
    mistakes = mistakes_of("\n".join(lines.values()))
    assert all(diagnostic.place.line <= len(SHIPPED) for diagnostic in mistakes)
    assert "Input should" not in "\n".join(map(str, mistakes))


def mistakes_of(text: str) -> tuple[Diagnostic, ...]:
    try:
        return Loader([Document("flow.yaml", text)], CATALOG, {}).load().warnings
    except LoadError as error:
        return error.diagnostics
