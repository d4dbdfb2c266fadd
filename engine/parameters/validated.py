"""Types of parameters that read their values themselves, and describe the values that may be written for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

JsonSchema = Mapping[str, Any]
"""A JSON Schema of draft 7."""


@runtime_checkable
class Described(Protocol):
    """How a parameter is written.

    word: its name in manuals. schema: the values allowed in a YAML file, before placeholders are filled in.
    """

    @property
    def word(self) -> str: ...

    @property
    def schema(self) -> JsonSchema: ...


class Kind:
    """In `Annotated[…, Kind(word, schema)]`: how a parameter is written, if its type does not say that."""

    __slots__ = ("schema", "word")

    def __init__(self, word: str, schema: JsonSchema) -> None:
        self.word = word
        self.schema = schema


class Naming(Kind):
    """In `Annotated[str, Naming("queue")]`: the parameter is the name of such a thing, for editors that follow names.

    defines: whether the thing has its name from here, as a variable has it from set-variable.
    """

    __slots__ = ("defines", "what")

    def __init__(self, what: str, *, defines: bool = False) -> None:
        super().__init__(f"name of {'an' if what[0] in 'aeiou' else 'a'} {what}", NAME)
        self.what = what
        self.defines = defines


def typed(*types: str, **keywords: Any) -> JsonSchema:
    """Return the schema of the values of these types."""
    return {"type": list(types), **keywords}


HOLDS = "x-holds"
"""The keyword of a schema that stands for a larger one: that of a step, of a source, of an entry of error handlers."""


def held(what: str, **keywords: Any) -> JsonSchema:
    """Return the schema of a map whose contents the schema of whole files says."""
    return typed("object", **{HOLDS: what}, **keywords)


ANY_VALUE: JsonSchema = {}
TEXT = typed("string")
NAME = typed("string", pattern=r"^(?!.*#\[)")
"""A text that is no expression."""
TEXTS = typed("array", "string", items=TEXT)
"""A list of texts, or one text: a comma list."""

PLACEHOLDER = r"\$\{"
"""The pattern of a text with a placeholder in it."""


def scalar(kind: str, text: str, *, expression: bool = False, **bounds: float) -> JsonSchema:
    """Return the schema of a scalar that may also be written as a text: as this pattern says, or as a placeholder.

    expression: whether it may be an expression, too.
    """
    others = rf"{PLACEHOLDER}|#\[" if expression else PLACEHOLDER
    return typed(kind, "string", pattern=rf"^\s*(?:{text})\s*$|{others}", **bounds)


class Validated:
    """The base of classes whose `_validate(value, info)` makes an instance from a flow file's value, or Python's."""

    __slots__ = ()

    word: ClassVar[str]
    """The word for the value in manuals."""

    schema: ClassVar[JsonSchema]
    """The values that may be written."""

    @property
    def acts(self) -> bool:
        """Whether an expression in it acts on something other than the event, such as another flow."""
        return False

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        """Return the instance; `loading_of(info)` has the services around it. Raise the error of `refuse`."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(cls._validate)
