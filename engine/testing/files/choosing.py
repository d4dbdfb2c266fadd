"""Which cases run: by words in their names, and by their tags."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")
SUFFIXES = (".test.yaml", ".test.yml")


class Wish:
    """`bulk and not (empty or slow)`: each word stands for a part of a case's suite, name or tags, in any case.

    Raises ValueError for an invalid expression.
    """

    def __init__(self, text: str) -> None:
        self._tokens = TOKEN.findall(text)
        self._python = " ".join(self._words())
        try:
            tree = ast.parse(self._python or "True", "<-k>", "eval")
        except SyntaxError:
            tree = ast.parse("()", mode="eval")
        if any(isinstance(node, (ast.Call, ast.Tuple)) for node in ast.walk(tree)):
            raise ValueError(f"'{text}' is no expression of words, and, or, not and brackets")
        self._code = compile(tree, "<-k>", "eval")
        self._known = [token for token in self._tokens if _is_word(token)]

    def _words(self) -> Iterator[str]:
        """Yield the expression in Python, with a number of its own for each word."""
        number = 0
        for token in self._tokens:
            if _is_word(token):
                yield f"holds[{number}]"
                number += 1
            else:
                yield token

    def takes(self, text: str) -> bool:
        holds = [word.lower() in text.lower() for word in self._known]
        return bool(eval(self._code, {"__builtins__": {}}, {"holds": holds}))  # noqa: S307  # words are numbers by now


def _is_word(token: str) -> bool:
    return token not in ("and", "or", "not", "(", ")")


def is_test_file(path: Path) -> bool:
    return path.name.endswith(SUFFIXES)


def find_test_files(paths: Collection[Path]) -> list[Path]:
    """Return the test files among some paths, those of folders and of the folders in them, each once."""
    found = (file for path in paths for file in (sorted(path.rglob("*")) if os.path.isdir(path) else [path]))
    return list(dict.fromkeys(file for file in found if is_test_file(file) or (file in paths and os.path.isfile(file))))
