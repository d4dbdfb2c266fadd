"""Types of parameters that read their values themselves."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Validated:
    """The base of classes whose `_validate(value, info)` makes an instance of what a flow file, or Python, holds."""

    __slots__ = ()

    @property
    def acts(self) -> bool:
        """Whether an expression in it acts on something else than the event, such as another flow."""
        return False

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Any:
        """The instance; `info.context` is the builder, None in Python. Raises what `refuse` raises."""
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(cls._validate)
