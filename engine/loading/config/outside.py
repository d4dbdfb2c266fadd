"""Values from outside of all properties: `${env:X}`, `${file:/run/secrets/x}`, `${PROVIDER:path#name}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple

from engine.expressions.suggestion import did_you_mean
from engine.expressions.texts import text_of
from engine.installed import entry_points
from engine.limits import LARGEST_SECRET_FILE, LONGEST_PROVIDING
from engine.parameters.files import read_file
from engine.parameters.mistake import shown

ENTRY_POINTS = "engine.properties"
BUILT_IN = {"vault": "engine.loading.config.vault:read"}
"""The providers that need no package."""

ENV, FILE = "env", "file"
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""A variable after `env:`; `${env:dev}` is the property `env` with a default."""
PATHS = ("/", "./", "../")
"""The beginnings of a path after `file:`; `${file:orders.csv}` is the property `file` with a default."""
LINE_END = re.compile(r"\r?\n\Z")
SECRET_FOLDER = "/run/secrets/"  # noqa: S105  # a folder of them

Read = Callable[[str], Mapping[str, Any] | str]
"""A provider: returns the values at a path by their names, or the only one. Raises LookupError or OSError."""


class Reference(NamedTuple):
    """What a placeholder names outside of all properties, and its default."""

    kind: str
    name: str
    default: str | None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.name}"


class NoValue(Exception):
    """There is no such value, so a default counts. reason: follows the placeholder in messages; write: another one."""

    code = "F201"

    def __init__(self, reason: str, expected: str, write: str = "") -> None:
        super().__init__(reason)
        self.reason, self.expected, self.write = reason, expected, write


class Unavailable(NoValue):
    """Whether there is such a value cannot be known: a default must not hide that."""

    code = "F204"


def reference_in(placeholder: str) -> Reference | None:
    """Return what a placeholder, without its braces, refers to; None for the name of a property."""
    kind, colon, rest = placeholder.partition(":")
    if not colon:
        return None
    end = _first_colon(rest)
    name, default = rest[:end], rest[end + 1 :] if end < len(rest) else None
    return Reference(kind, name, default) if _is_outside(kind, name) else None


def _first_colon(text: str) -> int:
    """Return where the first colon is that is in no placeholder; the text's length if there is none."""
    depth = 0
    for position, character in enumerate(text):
        depth += (text[position - 1 : position + 1] == "${") - (character == "}" and depth > 0)
        if character == ":" and depth == 0:
            return position
    return len(text)


def _is_outside(kind: str, name: str) -> bool:
    if kind == ENV:
        return VARIABLE.fullmatch(name) is not None
    if kind == FILE:
        return name.startswith(PATHS)
    return ("/" in name or "#" in name) and kind in providers()


def meant_provider(placeholder: str) -> str:
    """Return the provider that was probably meant by a placeholder that would have a path for its default."""
    kind, _, rest = placeholder.partition(":")
    if rest.startswith(SECRET_FOLDER):
        return did_you_mean(kind, [FILE])
    path, sharp, _ = rest.partition("#")
    return did_you_mean(kind, providers()) if sharp and "/" in path else ""


@cache
def providers() -> Mapping[str, Callable[[], Read]]:
    """Return what imports each provider, by its name: ours, and those of the entry point group `engine.properties`."""
    points = [metadata.EntryPoint(name, value, ENTRY_POINTS) for name, value in BUILT_IN.items()]
    return {point.name: point.load for point in (*points, *entry_points(ENTRY_POINTS))}


class Outside:
    """The values outside of all properties, each read once.

    environment: the variables that may be seen. is_test: whether nobody outside may be asked.
    """

    def __init__(self, environment: Mapping[str, str], *, is_test: bool = False) -> None:
        self._environment = environment
        self._is_test = is_test
        self._read: dict[tuple[str, str], Any] = {}
        self._seconds_left = LONGEST_PROVIDING

    def text(self, reference: Reference) -> str:
        """Return the value. Raise NoValue, or Unavailable."""
        kind, name, _ = reference
        if kind == ENV:
            return self._variable(name)
        if self._is_test:
            expected = f"set: {{'{reference.key}': …}} in the test file, or a default"
            raise NoValue(", which a test does not read", expected)
        return self._once(kind, name, _text_in) if kind == FILE else self._provided(reference)

    def _variable(self, name: str) -> str:
        if name not in self._environment:
            where = f"environment: [{name}] in the test file" if self._is_test else f"{name} in the environment"
            reason = ", an environment variable that is not set"
            raise NoValue(reason, f"{where}, or a default", f"${{env:{name}:default}}")
        return self._environment[name]

    def _provided(self, reference: Reference) -> str:
        path, _, name = reference.name.partition("#")
        values = self._once(reference.kind, path, lambda path: self._asked(reference.kind, path))
        if not isinstance(values, Mapping):
            values = {"": values}
        if name not in values:
            close = did_you_mean(name, map(str, values))
            expected = "a path, a # and a name" if not name else "a name that is there, or a default"
            raise NoValue(f": {path} has no '{name}'", expected, close and f"${{{reference.kind}:{path}#{close}}}")
        value = values[name]
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise Unavailable(f", which is {_kind(value)}", "a text or a number")
        return str(value)

    def _once(self, kind: str, name: str, read: Callable[[str], Any]) -> Any:
        """Return what was read; what failed once is not tried again, nor is a provider that did not answer."""
        found = self._read.get((kind, name), self._read.get((kind, "")))
        if found is None:
            try:
                found = read(name)
            except NoValue as error:
                found = error
                if isinstance(error, Unavailable) and kind != FILE:
                    self._read[kind, ""] = error
            self._read[kind, name] = found
        if isinstance(found, NoValue):
            raise found
        return found

    def _asked(self, kind: str, path: str) -> Any:
        """Return the answer of a provider, if it comes in time."""
        answers: SimpleQueue[Any] = SimpleQueue()
        began = monotonic()
        Thread(target=_ask, args=(kind, path, answers), daemon=True).start()
        try:
            answer = answers.get(timeout=max(0.001, self._seconds_left))
        except Empty:
            answer = TimeoutError(f"{kind} did not answer within {LONGEST_PROVIDING:g} s")
        self._seconds_left -= monotonic() - began
        if isinstance(answer, LookupError):
            raise NoValue(f": {_words(answer)}", "a value that the provider has, or a default")
        if isinstance(answer, Exception):
            raise Unavailable(f", which cannot be had: {_words(answer)}", "a provider that answers")
        return answer


def _ask(kind: str, path: str, answers: SimpleQueue[Any]) -> None:
    try:
        answers.put(providers()[kind]()(path))
    except Exception as error:  # of a provider that others wrote
        answers.put(error)


def _words(error: Exception) -> str:
    """Return what an error says; of one that is a bug only its kind, because its text may hold anything."""
    if isinstance(error, (LookupError, OSError)) and error.args:
        return str(error.args[-1])
    return f"it failed ({type(error).__name__})"


def _kind(value: Any) -> str:
    return shown(value) if value is None or isinstance(value, (bool, Mapping, list)) else type(value).__name__


def _text_in(path: str) -> str:
    """Return the text of a file, without the line break at its end."""
    try:
        content = read_file(Path(path))
        if len(content) > LARGEST_SECRET_FILE:
            raise Unavailable(f", a file of more than {LARGEST_SECRET_FILE} bytes", "the file of one secret")
        return LINE_END.sub("", text_of(content))
    except FileNotFoundError:
        raise NoValue(", a file that is not there", "a file with the value, or a default") from None
    except UnicodeDecodeError:
        raise Unavailable(", a file that is no text in UTF-8", "the file of one secret") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have that name"
        raise Unavailable(f", a file that cannot be read ({reason})", "a file that the engine may read") from None
