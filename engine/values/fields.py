"""Values of the engine that expressions see as objects with certain fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar


class Fields:
    """The base of values whose fields may be walked over, as those of a map. They are no Mapping: JSON has other forms.

    field_names: the fields that a walk meets, in their order; `get` may know more.
    """

    __slots__ = ()
    field_names: ClassVar[tuple[str, ...]] = ()

    def get(self, name: str) -> Any:
        """Return a field, as expressions read it; None for one that there is not."""
        raise NotImplementedError

    def keys(self) -> tuple[str, ...]:
        return self.field_names

    def values(self) -> list[Any]:
        return [self.get(name) for name in self.field_names]

    def items(self) -> list[tuple[str, Any]]:
        return [(name, self.get(name)) for name in self.field_names]

    def __iter__(self) -> Iterator[str]:
        return iter(self.field_names)

    def __len__(self) -> int:
        return len(self.field_names)

    def __contains__(self, name: object) -> bool:
        return name in self.field_names

    def __getitem__(self, name: str) -> Any:
        if name not in self.field_names:
            raise KeyError(name)
        return self.get(name)
