"""The functions of the expression language, by name; a module of them is imported when one is first asked for."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from engine.expressions.functions.function import Function
from engine.installed import entry_points

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

ENTRY_POINTS = "engine.functions"
MODULES = {
    "chance": "uuid random_int",
    "conditions": "if case default try require least greatest",
    "dates.dates": "now today as_date as_datetime parse_date format_date date_add date_diff to_timezone",
    "texts.encodings": "base64_encode base64_decode url_encode url_decode hash hmac constant_time_equals jwt_claims",
    "formats.formats": "read write",
    "grouping": "group_by index_by distinct_by unique difference sum_by count_by partition",
    "texts.joining": "concat",
    "kinds": "is_empty is_blank is_string is_number is_object is_array is_null as_bool",
    "lists": "append contains map max min max_by min_by sort sort_by reverse to_array",
    "numbers.number_patterns": "format_number",
    "numbers.numbers": "abs avg ceil floor sum to_number as_number as_decimal round mod pow",
    "objects": "keys values merge items from_items has_key map_values map_keys filter_keys pick omit rename",
    "outcomes": "caused_by summary multi_status retry",
    "texts.patterns": "matches match scan replace_re split_re",
    "sequences": "first last slice chunk flat_map map_with_index enumerate reduce range zip",
    "texts.strings": "find_first find_last lower upper pad_left pad_right replace split trim trim_left trim_right",
    "texts.text": "starts_with ends_with join substring substring_before substring_after capitalize camelize "
    "underscore repeat mask",
    "trees": "get set_path merge_deep deep flatten_deep omit_nulls",
    "values": "length size_of not_null to_string as_string type",
}


def collect(*modules: ModuleType) -> dict[str, Function]:
    """Return all functions that the modules define, by name."""
    found = (value for module in modules for value in vars(module).values())
    return {function.name: function for function in found if isinstance(function, Function)}


class Library(Mapping[str, Function]):
    """Functions by name. Few flows use many of them: modules are imported when needed, so a server starts soon."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._homes = {name: module for module, names in modules.items() for name in names.split()}
        self._loaded: dict[str, Function] = {}

    def __getitem__(self, name: str) -> Function:
        if name not in self._loaded:
            self._loaded |= collect(import_module(f"{__name__}.{self._homes[name]}"))
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


FUNCTIONS: Mapping[str, Function] = Library(MODULES)


def discover_functions() -> Mapping[str, Function]:
    """Return FUNCTIONS, and those of the modules that installed packages name as entry points of `engine.functions`.

    An entry point may also name one function: `loud = my_package.functions:shout`. Raise ValueError for a module that
    cannot be imported or has no function, and for a name that is taken already: nothing replaces a function silently.
    """
    others: dict[str, Function] = {}
    for entry in sorted(entry_points(ENTRY_POINTS)):
        for name, function in _installed(entry).items():
            if name in FUNCTIONS or name in others:
                raise ValueError(f"the entry point {entry.value} of {ENTRY_POINTS} defines {name}(), which exists")
            others[name] = function
    return ChainMap(others, FUNCTIONS)  # type: ignore[arg-type]  # it is only read


def _installed(entry: EntryPoint) -> dict[str, Function]:
    try:
        found = entry.load()
    except Exception as error:  # other people's modules may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"the entry point {entry.value} of {ENTRY_POINTS} cannot be loaded: {reason}") from error
    functions = {found.name: found} if isinstance(found, Function) else collect(found)
    if not functions:
        raise ValueError(f"the entry point {entry.value} of {ENTRY_POINTS} has no function made by @function")
    return functions
