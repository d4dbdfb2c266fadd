"""`engine eval`, as somebody uses it: with mistakes, with wrong files, at a prompt."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine import Event
from engine.tools.cli import main
from engine.tools.playground.prompt import Prompt, converse


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["eval", *arguments], input=stdin)


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["payload.a"], "1\n"),
        (["#[payload.a + 1]"], "2\n"),
        (["vars.x", "--vars", '{"x": [true]}'], "[\n  true\n]\n"),
        (["'text ä'"], '"text ä"\n'),
        (["null"], "null\n"),
        (["as_date('2026-01-01')"], '"2026-01-01"\n'),
        (["as_decimal('1.50')"], "1.50\n"),
        (["base64_decode('//4=', 'bytes')"], '"//4="\n'),
    ],
)
def test_value(arguments: list[str], output: str) -> None:
    result = run(*arguments, "--payload", "-", stdin='{"a": 1}')
    assert (result.exit_code, result.output) == (0, output)


def test_no_payload_at_all() -> None:
    assert run("payload", "--payload", "-", stdin="").output == "null\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenght('a')"], "  lenght('a')\n  ^\nthe unknown function 'lenght'"),
        (["payload."], "  payload.\n          ^\nan expression that ends too early"),
        (["payload + 1"], "MULE:EXPRESSION: '+' takes two numbers, not null and number"),
        (["concat(payload, [3])"], "  concat(payload, [3])\n                   ^\n'[3]', an index of the event"),
        (["p('region')"], "  p('region')\n  ^\np('region'), for which there is no property"),
        (["1", "--vars", "{a:1}"], "engine: --vars is no JSON: key must be a string at line 1 column 2"),
        (["1", "--vars", "[1]"], "engine: --vars is no map; write --vars"),
        (["1", "--payload", "-"], "engine: the payload is no JSON: expected ident at line 1 column 2"),
    ],
)
def test_mistake(arguments: list[str], message: str) -> None:
    result = run(*arguments, stdin="not json")
    assert result.exit_code == 1
    assert result.stderr.startswith(message)
    assert result.stdout == ""


def test_what_is_hardly_meant_is_told_beside_the_value() -> None:
    result = run('payload[?kind == "book"]', "--payload", "-", stdin='[{"kind": "book"}]')
    assert (result.exit_code, result.stdout) == (0, "[]\n")
    assert result.stderr.startswith('warning: "book" in double quotes, which is a field of that name')


def test_expressions_from_a_pipe() -> None:
    result = run(stdin="1 + 1\nfoo(\nupper('a')\n")
    assert (result.exit_code, result.stdout) == (0, '2\n"A"\n')
    assert "ends too early" in result.stderr


PROMPTED = """
payload = {"a": [1, 2]}
payload.a[1]
payload = payload.a
payload
vars.x = upper('b')
vars.y = 7
vars
attributes = {"method": "GET"}
attributes.method == 'GET'
payload = < %s
payload
payload == vars.x
"""


def test_a_prompt_sets_what_expressions_see(tmp_path: Path) -> None:
    (tmp_path / "payload.json").write_text('"from a file"')
    result = run(stdin=PROMPTED % (tmp_path / "payload.json"))
    told = result.stdout.replace("\n  ", " ").replace("\n}", " }").replace("\n]", " ]").splitlines()
    assert told == ["2", "[ 1, 2 ]", '{ "x": "B", "y": 7 }', "true", '"from a file"', "false"]
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("payload = nope", "  nope\n  ^\n'nope' is not a root"),
        ("payload = payload + 1", "MULE:EXPRESSION: '+' takes two numbers"),
        ("payload = < /no/file", "'/no/file' cannot be read: No such file or directory"),
        ("payload.a = 1", "payload is set as a whole: payload = …"),
        ("vars = [1]", 'vars is a map: vars = {"name": "value"}'),
        ("help uper", "there is no function 'uper'; did you mean 'upper'?"),
    ],
)
def test_what_a_prompt_cannot_do(line: str, message: str) -> None:
    result = run(stdin=f"{line}\n'it goes on'\n")
    assert (result.exit_code, result.stdout) == (0, '"it goes on"\n')
    assert result.stderr.startswith(message)


def test_help_at_a_prompt() -> None:
    told = run(stdin="help\n?\nhelp upper\n").stdout
    assert told.count("payload = ") == 4
    assert "upper(" in told
    assert "DataWeave: upper" in told


def test_the_standard_input_is_no_payload_and_prompt_at_once() -> None:
    command = [sys.executable, "-m", "engine.tools", "eval", "--payload", "-"]
    done = subprocess.run(command, input="{}", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("engine: the payload comes from the standard input, so the expression must be")


def test_the_source() -> None:
    assert run("payload.a", "--source").output.startswith("def evaluate(event):")


PROMPT = b"#> "


class Terminal:
    """`engine eval` at a terminal of its own."""

    def __init__(self, home: Path) -> None:
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.environ["HOME"] = str(home)
            os.execv(sys.executable, [sys.executable, "-m", "engine.tools", "eval"])  # noqa: S606
        self.shown = b""
        self._seen = 0

    def read(self) -> bool:
        """Read what it shows next; false when it has ended."""
        assert select.select([self._terminal], [], [], 30)[0], f"it shows no more than {self.shown!r}"
        try:
            piece = os.read(self._terminal, 1024)
        except OSError:  # Linux says so when the other end is closed
            return False
        self.shown += piece
        return bool(piece)

    def await_text(self, text: bytes) -> None:
        """Read until a text is shown, after those that were awaited before."""
        while (found := self.shown.find(text, self._seen)) < 0:
            assert self.read(), f"it ended without {text!r}: {self.shown!r}"
        self._seen = found + len(text)

    def press(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self.read():
            pass
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])


def test_a_prompt_with_completion_and_history(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.await_text(PROMPT)
    terminal.press("camel\t'a_b')\n")
    terminal.await_text(b'"aB"')
    terminal.await_text(PROMPT)
    terminal.press("\x04")
    assert terminal.end() == 0
    assert b"Traceback" not in terminal.shown
    assert "camelize('a_b')" in (tmp_path / ".engine_history").read_text()


def test_ctrl_c_drops_the_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    keys: Iterator[str | BaseException] = iter([KeyboardInterrupt(), "1 + 1", EOFError()])

    def press(prompt: str) -> str:
        key = next(keys)
        if isinstance(key, BaseException):
            raise key
        return key

    monkeypatch.setattr("builtins.input", press)
    converse(Prompt(Event()))
    assert capsys.readouterr().out.split() == ["2"]
