"""Text files beside the flow files."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from pydantic_core import core_schema

from engine.expressions.texts import text_of
from engine.limits import LARGEST_FILE
from engine.parameters.files import OpenFile, find_below, folder_below, opened
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.text import Place
from engine.parameters.validated import TEXT, Validated


class ResourceError(Exception):
    """A file that cannot be had. As text: what was expected instead; `wrong`: what is the matter with it."""

    def __init__(self, text: str, wrong: str) -> None:
        super().__init__(text)
        self.wrong = wrong


class Resources:
    """The text files in some folders; nothing outside of them is ever read."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folders)

    def find(self, name: str) -> Path | None:
        """The file of that name, relative to one of the folders; a link may lead within them only."""
        return next((path for folder in self.folders if (path := find_below(folder, name))), None)

    def read(self, name: str) -> str:
        """The text of a file, read again only where it changed. Raises ResourceError."""
        path = self.find(name)
        if path is None:
            raise ResourceError("found no file of that name in the flows folder", "a file that is not there")
        try:
            return self._read(path)
        except UnicodeDecodeError:
            raise ResourceError("takes files of text in UTF-8", "a file that is no text in UTF-8") from None
        except OSError as error:
            if error.errno == errno.EFBIG:
                expected = f"takes files of at most {LARGEST_FILE} bytes"
                raise ResourceError(expected, f"a file of more than {LARGEST_FILE} bytes") from None
            raise ResourceError("found a file that cannot be read", "a file that cannot be read") from None

    def _read(self, path: Path) -> str:
        """The text of a file that was found: on the way to it no link is followed that was put there since."""
        folder = next(folder for folder in self.folders if path.is_relative_to(folder))
        *names, name = path.relative_to(folder).parts
        with folder_below(folder, names) as within, opened(within.open(name, os.O_RDONLY), path) as file:
            return _text(file)


@lru_cache(maxsize=32)
def _text(file: OpenFile) -> str:
    return text_of(file.read())


class Resource(Validated):
    """A parameter that names a text file in the folders of the flow files; it is read when they are loaded.

    place_at: the place of a character of its text, for mistakes in it; others: all files of those folders.
    """

    word = "name of a file"
    schema = TEXT

    def __init__(self, name: str, text: str, place_at: Callable[[int], Place | None], others: Resources) -> None:
        self.name = name
        self.text = text
        self.place_at = place_at
        self.others = others

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self | Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or "#[" in value:
            refuse([Mistake("F303", shown(value), "the name of a file in the folder of the flow files")])
        others = getattr(info.context, "resources", None) or Resources([Path().resolve()])
        try:
            text = others.read(value)
        except ResourceError as error:
            refuse(
                [Mistake("F303", f"{shown(value)}, {error.wrong},", "a file of text in the folder of the flow files")]
            )
        place_at = info.context.places_in_file(str(value), text) if info.context is not None else lambda offset: None
        return cls(str(value), text, place_at, others)
