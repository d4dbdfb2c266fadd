"""Text files beside the flow files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pydantic_core import core_schema

from engine.parameters.files import ResourceError, Resources
from engine.parameters.loading import loading_of
from engine.parameters.mistake import Mistake, refuse, shown
from engine.parameters.text import TextPlace
from engine.parameters.validated import TEXT, Validated


class Resource(Validated):
    """A parameter that names a text file in the folders of the flow files; it is read when they are loaded.

    place_at: the place of a character of its text, for mistakes in it; others: all files of those folders.
    """

    word = "name of a file"
    schema = TEXT

    def __init__(self, name: str, text: str, place_at: Callable[[int], TextPlace | None], others: Resources) -> None:
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
        loading = loading_of(info)
        others = loading.resources
        try:
            text = others.read(value)
        except ResourceError as error:
            refuse(
                [Mistake("F303", f"{shown(value)}, {error.wrong},", "a file of text in the folder of the flow files")]
            )
        return cls(str(value), text, loading.places_in_file(str(value), text), others)
