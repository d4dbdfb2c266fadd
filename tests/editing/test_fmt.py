"""`engine fmt`: one style, and nothing but the style: the same values, comments in their places, stable."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.formatting.formatter import NotFormatted, formatted
from engine.loading.files.document import Document, as_data
from engine.tools.cli import main

ROOT = Path(__file__).parent.parent.parent
FILES = sorted(
    path
    for folder in ("flows", "tests", "engine")
    for path in (ROOT / folder).rglob("*.yaml")
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)

STYLE = {
    "blanks": ("flows :\n    a  :  1   \n", "flows:\n  a: 1\n"),
    "no newline at the end": ("a: 1", "a: 1\n"),
    "many newlines at the end": ("a: 1\n\n\n", "a: 1\n"),
    "newlines at the beginning": ("\n\na: 1\n", "a: 1\n"),
    "CR LF and a mark": ("\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"),
    "a list in the column of its key": ("a:\n- 1\n-   b: 2\n    c: 3\n", "a:\n  - 1\n  - b: 2\n    c: 3\n"),
    "a list in a list": ("-   - 1\n    - 2\n-   - 3\n", "- - 1\n  - 2\n- - 3\n"),
    "a key below its dash": ("a:\n  -\n    b: 1\n    c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
    "a comment below its dash": ("a:\n  - # why\n    b: 1\n", "a:\n  - # why\n    b: 1\n"),
    "braces": ("a: { b: 1 , c: [ 1,2 ] }\n", "a: {b: 1, c: [1, 2]}\n"),
    "braces over lines": ("a: {\n      b: 1,\n  c: [\n  1]}\n", "a: {\n  b: 1,\n  c: [\n    1]}\n"),
    "empty braces": ("a: { }\nb: [  ]\n", "a: {}\nb: []\n"),
    "needless quotes": ("a: \"text\"\nb: 'of two words'\n", "a: text\nb: of two words\n"),
    "single quotes": ("a: '#[payload]'\nb: 'it''s {x: 1}: y'\n", 'a: "#[payload]"\nb: "it\'s {x: 1}: y"\n'),
    "quotes of a key": ('"a b": 1\n', "a b: 1\n"),
    "quotes that YAML needs": ('a: "1"\nb: "null"\nc: ""\nd: " x"\ne: "*"\nf: "x: y"\ng: "x #y"\n', None),
    "quotes that other readers need": ('a: "yes"\nb: "No"\nc: "2026-01-01"\nd: "1:30"\n', None),
    "quotes in braces": ('a: {b: "c, d", e: "SHOP:CLOSED", f: SHOP:CLOSED}\n', None),
    "quotes around expressions": ('a: "#[payload]"\nb: "${x}"\nc: payload.x == \'a\'\n', None),
    "quotes in quotes": ("a: '\"hi\", she said'\nb: \"a\\nb\"\nc: 'x\\y: z'\n", None),
    "a block": ("a: |\n      x\n        y\n\n      z\nb: 1\n", "a: |\n  x\n    y\n\n  z\n\nb: 1\n"),
    "a block that keeps its end": ("a: |+\n    x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
    "a block that is cut off": ("a: |\n    x", "a: |-\n  x\n"),
    "a block that begins with blanks": ("a: |2\n     x\n   y\n", "a: |2\n     x\n   y\n"),
    "a block deep inside": ("a:\n    b:\n    - c: >-\n          x\n", "a:\n  b:\n    - c: >-\n        x\n"),
    "a block with comments around": ("a: | # why\n   x\n   # text\n# end\n", "a: | # why\n  x\n  # text\n# end\n"),
    "a text of several lines": ("a: one\n     two\n\n     three\nb: 1\n", "a: one\n  two\n\n  three\n\nb: 1\n"),
    "quotes of several lines": ('a: "one\n       two \\\n   three"\n', 'a: "one\n  two \\\n  three"\n'),
    "comments": (
        "# top\n\nflows:\n# a's\n    a: # here\n        # steps\n        steps: []\n        # end of a\n# end\n",
        "# top\n\nflows:\n  # a's\n  a: # here\n    # steps\n    steps: []\n    # end of a\n# end\n",
    ),
    "a comment of the flow above": (
        "flows:\n  a:\n    b: 1\n    # of a\n  # of c\n  c: 1\n",
        "flows:\n  a:\n    b: 1\n    # of a\n\n  # of c\n  c: 1\n",
    ),
    "comments in columns": ("a: 1      # one\nbc: 2     # two\n", None),
    "comments in braces": ("a: [1,   # one\n    2\n  # end\n  ]\n", "a: [1,   # one\n  2\n  # end\n]\n"),
    "sections apart": ("configs:\n  a: 1\nflows:\n  b: 1\n", "configs:\n  a: 1\n\nflows:\n  b: 1\n"),
    "short sections together": ("suite: a\nset: {b: 1}\ncases:\n  c: {get: /}\n  d: {get: /}\n", None),
    "flows apart": ("flows:\n\n\n  a:\n    steps: []\n  b: {steps: []}\n\n\n\n  c: {steps: []}\n",
                    "flows:\n  a:\n    steps: []\n\n  b: {steps: []}\n\n  c: {steps: []}\n"),
    "anchors": ("a:   &x\n    b: &y  1\nd: *x\ne: [ *y , *x ]\n", "a: &x\n  b: &y 1\n\nd: *x\ne: [*y, *x]\n"),
    "a tag": ("a: !!str  1\nb: !!str '2'\n", "a: !!str 1\nb: !!str '2'\n"),
    "a mark of the document": ("---\na:   1\n...\n", "---\na: 1\n...\n"),
    "a key with a mark": ("? a\n:   1\n", "? a\n: 1\n"),
    "nothing": ("", ""),
    "blanks alone": ("\n  \n", ""),
    "a comment alone": ("  # nothing yet", "# nothing yet\n"),
    "emoji": ("'😀 a':   \"é 😀\"  # 👍\n", '"😀 a": é 😀  # 👍\n'),
    "nothing behind a key in braces": ("a: {b: , c: }\nd: [e: ]\n", None),
    "nothing behind a key": ("a:\nb:   \nc: # why\n", "a:\nb:\nc: # why\n"),
    "tabs": ("a:\t1\t# x\n", "a: 1 # x\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), STYLE.values(), ids=list(STYLE))
def test_the_style(before: str, after: str | None) -> None:
    wanted = before if after is None else after
    assert formatted(before) == wanted
    assert formatted(wanted) == wanted


def data(text: str) -> Any:
    return as_data(Document("file", text).data)


def comments(text: str) -> list[str]:
    """The lines that are comments, without what stands before them; not those that a block of text may hold."""
    return [line.strip() for line in text.splitlines() if re.match(r"\s*#", line)]


def can_be_read(path: Path) -> bool:
    return not Document(path.name, path.read_text(encoding="utf-8")).is_unreadable


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_of_the_repository(path: Path) -> None:
    """It stays the same, but for its style; one that cannot be read is refused."""
    text = path.read_text(encoding="utf-8")
    if not can_be_read(path):
        with pytest.raises(NotFormatted) as refused:
            formatted(text)
        assert refused.value.mistakes
        return
    after = formatted(text)
    assert data(after) == data(text)
    assert comments(after) == comments(text)
    assert formatted(after) == after


WORDS = st.text(st.sampled_from("ab 'é😀#:,[]{}&*!|>-\"\\%@`?0~\n\t"), max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | WORDS
    | st.sampled_from(["#[payload]", "${a}", "a: b", "1", "yes"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


@st.composite
def files(draw: Any) -> str:
    """A file in some style: of wide or narrow indentation, in braces or not, comments and empty lines in between."""
    style = draw(st.sampled_from([None, False, True]))
    whole = yaml.dump(
        draw(st.dictionaries(WORDS, VALUES, min_size=1, max_size=4)), indent=draw(st.integers(2, 6)),
        default_flow_style=style, width=draw(st.sampled_from([20, 80, 1000])), allow_unicode=True,
        default_style=draw(st.sampled_from([None, None, '"', "'", "|", ">"])), sort_keys=False,
    )  # fmt: skip
    lines = whole.splitlines()
    for _ in range(draw(st.integers(0, 4))):
        place, column = draw(st.integers(0, len(lines))), draw(st.integers(0, 8))
        lines.insert(place, draw(st.sampled_from(["", " " * column + "# a comment", " " * column + "#"])))
    return draw(st.sampled_from(["\n", "\n", "\r\n"])).join([*lines, ""])


@settings(max_examples=60, deadline=None)
@given(files())
def test_files_of_any_style(text: str) -> None:
    plain = text.replace("\r\n", "\n")
    document = Document("file", plain)
    assume(not document.is_unreadable)
    after = formatted(text)
    assert data(after) == as_data(document.data)
    assert formatted(after) == after
    assert not re.search(r"[ \t]+$", after, re.MULTILINE) or "|" in text or ">" in text
    assert after.count("# a comment") == text.count("# a comment")


def test_a_long_file_keeps_all_comments() -> None:
    entry = "  flow-{}:\n    steps:\n    - logger: {{message: 'hi'}}  # comment\n\n    # another\n    - a: 1\n"
    text = "flows:\n" + "".join(entry.format(number) for number in range(200))
    assert formatted(formatted(text)).count("# another") == 200


# The command


def fmt(*arguments: str | Path, given: str | bytes | None = None) -> Any:
    return CliRunner().invoke(main, ["fmt", *map(str, arguments)], input=given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "examples/deep").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfflows:\r\n    a: {steps: [ ]}\r\n")
    (tmp_path / "examples/deep/a.test.yaml").write_text("cases:\n    a: {get: /}\n")
    (tmp_path / "good.yml").write_text("flows:\n  b: {steps: []}\n")
    for name in ("properties.yaml", "api.yaml", ".hidden/c.yaml", "flows.json"):
        (tmp_path / name).write_text("openapi:    3.1.0\n" if name == "api.yaml" else "x:    1\n")
    return tmp_path


def test_files_of_folders_are_formatted(folder: Path) -> None:
    listed = fmt("--check", folder)
    assert (listed.exit_code, (folder / "a.yaml").read_bytes()[:3]) == (1, b"\xef\xbb\xbf")
    assert listed.stdout.splitlines() == [
        f"not formatted: {folder}/a.yaml", f"not formatted: {folder}/examples/deep/a.test.yaml",
    ]  # fmt: skip
    shown = fmt("--diff", folder)
    assert (shown.exit_code, "+  a: {steps: []}" in shown.stdout) == (1, True)
    assert (folder / "examples/deep/a.test.yaml").read_text() == "cases:\n    a: {get: /}\n"
    done = fmt(folder)
    assert (done.exit_code, done.stderr) == (0, "2 files formatted, 1 left as it is\n")
    assert (folder / "a.yaml").read_bytes() == b"flows:\n  a: {steps: []}\n"
    assert (folder / "properties.yaml").read_text() == "x:    1\n"
    assert fmt("--check", folder).exit_code == 0


def test_a_file_that_is_named_is_formatted_whatever_it_holds(folder: Path) -> None:
    assert fmt(folder / "properties.yaml").exit_code == 0
    assert (folder / "properties.yaml").read_text() == "x: 1\n"


def test_mistakes_are_told_as_the_check_tells_them_and_the_others_are_formatted(folder: Path) -> None:
    (folder / "broken.yaml").write_text("flows: {a: [1\n")
    (folder / "latin.yaml").write_bytes(b"flows: {\xe9: 1}\n")
    done = fmt(folder)
    assert done.exit_code == 1
    assert f"{folder}/broken.yaml:1:12 F101 a '[' that is not closed" in done.stderr
    assert f"{folder}/latin.yaml:1:9 F100 a byte that is no UTF-8" in done.stderr
    assert (folder / "broken.yaml").read_text() == "flows: {a: [1\n"
    assert (folder / "a.yaml").read_bytes() == b"flows:\n  a: {steps: []}\n"
    assert "F100" in fmt(folder / "nowhere.yaml").stderr


def test_files_of_others_with_a_word_of_ours_are_left_alone(folder: Path) -> None:
    (folder / "schema.yaml").write_text("type:    object\nproperties: {a: {type: string}}\n")
    (folder / "pod.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nconfiguration:    x\n")
    (folder / "ours.yaml").write_text("properties:    {a: 1}\n")
    assert {Path(line).name for line in fmt(folder).stdout.splitlines()} == {"a.yaml", "a.test.yaml", "ours.yaml"}


def test_a_link_stays_a_link_and_a_file_keeps_its_permissions(folder: Path) -> None:
    (folder / "a.yaml").chmod(0o640)
    (folder / "link.yaml").symlink_to("a.yaml")
    assert fmt(folder / "link.yaml").exit_code == 0
    assert (folder / "link.yaml").is_symlink()
    assert (folder / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert (folder / "a.yaml").read_text() == "flows:\n  a: {steps: []}\n"


def test_a_file_that_cannot_be_written_does_not_stop_the_others(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def refuse(before: str, after: Path) -> None:
        if after.name == "a.yaml":
            raise PermissionError(errno.EACCES, "Permission denied")
        replace(before, after)

    monkeypatch.setattr(os, "replace", refuse)  # the tests may run as root, who may write everything
    names, text = sorted(folder.iterdir()), (folder / "a.yaml").read_text()
    done = fmt(folder)
    assert done.exit_code == 1
    assert done.stdout == f"formatted {folder}/examples/deep/a.test.yaml\n"
    told, summary = done.stderr.splitlines()
    assert told == f"'{folder}/a.yaml' cannot be written: Permission denied"
    assert summary == "1 file formatted, 2 left as they are"
    assert (sorted(folder.iterdir()), (folder / "a.yaml").read_text()) == (names, text)


def test_the_standard_input() -> None:
    assert fmt("-", given="a:   1").stdout == "a: 1\n"
    assert fmt("-", "--check", given="a:   1").exit_code == 1
    assert fmt("-", "--check", given="a: 1\n").exit_code == 0
    assert fmt("-", "--diff", given="a:   1\n").stdout.splitlines()[-2:] == ["-a:   1", "+a: 1"]
    broken = fmt("-", given="a: [1")
    assert (broken.exit_code, broken.stdout) == (1, "a: [1")
    assert "<stdin>:1:4 F101" in broken.stderr
    assert "not UTF-8" in fmt("-", given=b"\xff").stderr


def test_the_flows_of_a_project_are_meant_if_nothing_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text('[tool.engine]\npaths = ["examples"]\n')
    monkeypatch.chdir(folder)
    assert fmt().stdout == "formatted examples/deep/a.test.yaml\n"
