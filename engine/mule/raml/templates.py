"""Resource types and traits of RAML: maps with `<<parameters>>`, merged into resources and methods."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

PARAMETER = re.compile(r"<<\s*([^<>|]+?)\s*((?:\|\s*![a-z]+\s*)*)>>")

METHODS = ("get", "put", "post", "delete", "head", "patch", "options")


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", text)


def _singular(text: str) -> str:
    for end, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if text.endswith(end) and not text.endswith("ss" if end == "s" else "\0"):
            return text[: -len(end)] + instead
    return text


def _plural(text: str) -> str:
    if re.search(r"[^aeiou]y$", text):
        return f"{text[:-1]}ies"
    return f"{text}es" if re.search(r"(s|x|ch|sh)$", text) else f"{text}s"


def _camel(text: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in _words(text))


FUNCTIONS: Mapping[str, Callable[[str], str]] = {
    "singularize": _singular,
    "pluralize": _plural,
    "uppercase": str.upper,
    "lowercase": str.lower,
    "uppercamelcase": _camel,
    "lowercamelcase": lambda text: _camel(text)[:1].lower() + _camel(text)[1:],
    "upperunderscorecase": lambda text: "_".join(_words(text)).upper(),
    "lowerunderscorecase": lambda text: "_".join(_words(text)).lower(),
    "upperhyphencase": lambda text: "-".join(_words(text)).upper(),
    "lowerhyphencase": lambda text: "-".join(_words(text)).lower(),
}
"""What may stand behind a parameter (RAML 1.0, Declaring and Applying Resource Types and Traits)."""


def filled(template: Any, parameters: Mapping[str, Any]) -> Any:
    """Return a template with the values of its parameters."""
    if isinstance(template, str):
        return _filled_text(template, parameters)
    if isinstance(template, list):
        return [filled(each, parameters) for each in template]
    if isinstance(template, dict):
        return {str(filled(name, parameters)): filled(value, parameters) for name, value in template.items()}
    return template


def _filled_text(text: str, parameters: Mapping[str, Any]) -> Any:
    whole = PARAMETER.fullmatch(text)
    if whole and not whole[2] and whole[1] in parameters:
        return parameters[whole[1]]
    return PARAMETER.sub(lambda match: _value(match, parameters), text)


def _value(match: re.Match[str], parameters: Mapping[str, Any]) -> str:
    value = str(parameters.get(match[1], ""))
    for name in re.findall(r"[a-z]+", match[2]):
        value = FUNCTIONS.get(name, str)(value)
    return value


def merged(own: Any, template: Any) -> Any:
    """Return what stands in both, of which the own counts where they differ.

    A name of the template with a `?` counts only if the own has it. The traits of both count.
    """
    if not isinstance(own, dict) or not isinstance(template, dict):
        return template if own is None else own
    found = dict(own)
    for name, value in template.items():
        plain = name.removesuffix("?") if name.removesuffix("?") in METHODS else name
        if plain != name and plain not in own:
            continue
        if plain == "is":
            found[plain] = [*as_list(own.get(plain)), *as_list(value)]
        else:
            found[plain] = merged(own[plain], value) if plain in own else value
    return found


def as_list(value: Any) -> list[Any]:
    """Return what may be written as one or as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def applied(use: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the names under `type` or `is`, each with the values of its parameters."""
    found: list[tuple[str, dict[str, Any]]] = []
    for each in as_list(use):
        if isinstance(each, str):
            found.append((each, {}))
        elif isinstance(each, dict):
            found += [(name, values if isinstance(values, dict) else {}) for name, values in each.items()]
    return found
