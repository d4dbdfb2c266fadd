"""Completion of values: words, amounts, and names of what the application defines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from inspect import isclass
from typing import Any, get_args

from engine.editor.asking.asked import Asked
from engine.editor.asking.facts import facts_of
from engine.editor.asking.meaning import HANDLER_NAME, LANGUAGE, PROPERTY_FILE, Content, Meaning, Parameter, Value
from engine.editor.completing import names
from engine.editor.completing.item import Completion
from engine.editor.completing.keys import literals
from engine.expressions import LANGUAGES
from engine.parameters.amounts import SIZE as SIZES
from engine.parameters.amounts import UNITS
from engine.parameters.config import Config
from engine.parameters.python_function import PythonFunction
from engine.parameters.schema import kind_of
from engine.parameters.type_patterns import RaisedType, TypePatterns
from engine.parameters.validated import Described
from engine.steps.flow_link import FlowLink
from engine.stores.store import Store

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
AMOUNT = re.compile(r"[0-9]+(?:\.[0-9]+)?")
USUAL_AMOUNTS = ("500ms", "1s", "5s", "30s", "1m", "5m", "1h")
SIZE_UNITS = ("KB", "MB", "KiB", "MiB", "GiB")
PLAIN = re.compile(r"[A-Za-z0-9_/.$(\\][^\n#]*")
BY_KEY: dict[str, Callable[[Asked], Iterator[Completion]]] = {
    "queueName": lambda asked: names.of_facts(facts_of(asked.site).queues),
    "jobName": lambda asked: names.of_facts(facts_of(asked.site).jobs),
    "defaultErrorHandler-ref": lambda asked: names.of_facts(facts_of(asked.site).handlers),
    "variableName": names.variables,
    "target": names.variables,
    "processor": names.steps,
    "schema": lambda asked: names.files(asked, asked.cursor.word, names.SCHEMAS),
    "method": lambda asked: _words(METHODS),
    "allowedMethods": lambda asked: _words(METHODS),
}
"""Parameters that are texts for their types, and names of something for the author."""
PATHS = ("get", "head", "post", "put", "patch", "delete", "options", "path")


def complete(asked: Asked, meaning: Meaning) -> Iterator[Completion]:
    """Yield the values that may be written."""
    if meaning == HANDLER_NAME:
        yield from names.of_facts(facts_of(asked.site).handlers)
    elif meaning == LANGUAGE:
        yield from _words(LANGUAGES)
    elif meaning == PROPERTY_FILE:
        yield from names.files(asked, asked.cursor.word, (".yaml", ".yml", ".properties"))
    elif isinstance(meaning, Value):
        yield from _of_parameter(asked, meaning)
    elif isinstance(meaning, Content) and meaning.parameter is not None:
        yield from _amounts(asked, meaning.parameter)


def _of_parameter(asked: Asked, meaning: Value) -> Iterator[Completion]:
    parameter, classes = meaning.parameter, list(_classes(meaning.annotation))
    if found := literals(meaning.annotation):
        yield from (Completion(str(each), "value", rank=1 + (each != parameter.info.default)) for each in found)
    elif bool in classes:
        yield from (Completion(word, "value", rank=1) for word in ("true", "false"))
    if FlowLink in classes:
        yield from names.flows(asked)
    elif any(issubclass(cls, (Config, Store)) for cls in classes):
        yield from names.configs(asked, next(cls for cls in classes if issubclass(cls, (Config, Store))))
    elif PythonFunction in classes:
        yield from names.functions(asked)
    elif any(issubclass(cls, TypePatterns) for cls in classes) or _is_type(meaning):
        yield from names.types(asked, patterns=any(issubclass(cls, TypePatterns) for cls in classes))
    else:
        yield from _of_word(asked, parameter)


def _classes(annotation: Any) -> Iterator[type[Any]]:
    """Yield the classes that an annotation names."""
    if isclass(annotation):
        yield annotation
    for each in get_args(annotation):
        yield from _classes(each)


def _is_type(meaning: Value) -> bool:
    named = get_args(RaisedType)[1:]
    return any(each in named for each in meaning.metadata)


def _of_word(asked: Asked, parameter: Parameter) -> Iterator[Completion]:
    word = kind_of(parameter.info).word
    if parameter.key in BY_KEY:
        yield from BY_KEY[parameter.key](asked)
    elif "file" in word.split():
        yield from names.files(asked, asked.cursor.word)
    elif asked.is_test and parameter.key in PATHS:
        yield from names.of_facts(facts_of(asked.site).paths)
    else:
        yield from _amounts(asked, parameter)


def _amounts(asked: Asked, parameter: Parameter) -> Iterator[Completion]:
    """Yield durations and sizes: with the number that is typed, or usual ones."""
    number = AMOUNT.match(asked.cursor.word)
    schema = next((each.schema for each in parameter.info.metadata if isinstance(each, Described)), {})
    if kind_of(parameter.info).word in ("duration", "amount of time"):
        several = [f"{number[0]}{unit}" for unit in UNITS] if number else USUAL_AMOUNTS
        yield from (Completion(each, "value", rank=1 + place) for place, each in enumerate(several))
    elif SIZES.pattern in str(schema.get("pattern", "")):
        several = [f"{number[0] if number else '10'}{unit}" for unit in SIZE_UNITS]
        yield from (Completion(each, "value", rank=1 + place) for place, each in enumerate(several))


def _words(words: Any) -> Iterator[Completion]:
    return (Completion(word, "value", rank=1) for word in words)


def is_list(meaning: Meaning) -> bool:
    """Return whether several values may stand in one text, with commas between them."""
    if not isinstance(meaning, Value):
        return False
    is_types = any(issubclass(cls, TypePatterns) for cls in _classes(meaning.annotation))
    return is_types or meaning.parameter.key == "allowedMethods"


def in_file(label: str, style: str) -> str:
    """Return a value as it stands in the file: in quotes, if it needs them."""
    if style or (PLAIN.fullmatch(label) and ": " not in label and not label.endswith(":")):
        return label
    return "'" + label.replace("'", "''") + "'"
