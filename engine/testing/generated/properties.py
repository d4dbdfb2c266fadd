"""Properties: statements about all bodies that fit a schema, tried on many; the smallest counterexample is found."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from engine.parameters.mistake import Mistake, refuse
from engine.testing.expected.outcome import Mismatch

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

LONGEST_LIST = 8
"""Items of a list whose schema sets no limit; objects have as many further fields."""

Check = Callable[[Any], list[Mismatch]]


class Schema:
    """A JSON Schema from which bodies are made. Raises the validation error if it is invalid."""

    def __init__(self, schema: Any) -> None:
        if importlib.util.find_spec("hypothesis") is None:
            refuse(
                [
                    Mistake(
                        "F303",
                        "from-schema without the package hypothesis",
                        "it",
                        "pip install 'flow-engine[properties]', or hypothesis",
                    )
                ]
            )
        try:
            self._validator = jsonschema_rs.validator_for(schema, validate_formats=True)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            refuse([Mistake("F303", f"a schema that is none: {str(error).splitlines()[0]}", "a JSON Schema")])
        self.schema = schema

    def __call__(self) -> Any:
        """Return one body, always the same."""
        found: list[Any] = []

        def keep(body: Any) -> list[Mismatch]:
            found.append(body)
            return []

        self.smallest_failure(keep, 0, 1)
        return found[0]

    def smallest_failure(self, check: Check, seed: int, examples: int) -> tuple[Any, list[Mismatch]] | None:
        """Return the smallest body for which `check` finds something, with that; None if there is none among the
        examples.

        The same seed leads to the same examples. Raise ValueError if the schema allows nothing that can be made.
        """
        import hypothesis

        failing: list[tuple[Any, list[Mismatch]]] = []

        def try_it(body: Any) -> None:
            if found := check(body):
                failing.append((body, found))
                raise _Failed

        options = hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        )
        strategy = _Strategies(self.schema).of(self.schema).filter(self._validator.is_valid)
        try:
            hypothesis.seed(seed)(options(hypothesis.given(strategy)(try_it)))()
        except (_Failed, hypothesis.errors.Flaky):  # data in a store may let it pass the second time
            return failing[-1]
        except hypothesis.errors.Unsatisfiable:
            raise ValueError("no value was found that fits the schema") from None
        return None


class _Failed(Exception):
    """A counterexample."""


class _Strategies:
    """Strategies for the parts of one schema: their values mostly fit, and are checked again as a whole."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole
        self._references: dict[str, SearchStrategy[Any]] = {}

    def of(self, schema: Any) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        if not isinstance(schema, Mapping):
            return st.nothing() if schema is False else _anything()
        if "$ref" in schema:
            return self._of_reference(schema["$ref"])
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        for several in ("anyOf", "oneOf"):
            if several in schema:
                rest = {key: value for key, value in schema.items() if key != several}
                return st.one_of([self.of(_joined(rest, each)) for each in schema[several]])
        if "allOf" in schema:
            rest = {key: value for key, value in schema.items() if key != "allOf"}
            for each in schema["allOf"]:
                rest = _joined(rest, self._resolved(each["$ref"]) if "$ref" in each else each)
            return self.of(rest)
        return st.one_of([getattr(self, f"_{kind}")(schema) for kind in _types(schema)])

    def _of_reference(self, reference: str) -> SearchStrategy[Any]:
        """Return one strategy for each reference, since it may lead to itself."""
        from hypothesis import strategies as st

        if reference not in self._references:
            self._references[reference] = st.deferred(lambda: self.of(self._resolved(reference)))
        return self._references[reference]

    def _resolved(self, reference: str) -> Any:
        found = self._whole
        for part in reference.removeprefix("#").split("/")[1:]:
            found = found[part.replace("~1", "/").replace("~0", "~")]
        return found

    def _object(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        fields, needed = schema.get("properties", {}), set(schema.get("required", ()))
        others: dict[str, Any] = {name: {} for name in needed - set(fields)}
        made = {name: self.of(inner) for name, inner in {**fields, **others}.items()}
        required = {name: each for name, each in made.items() if name in needed}
        optional = {name: each for name, each in made.items() if name not in needed}
        own = st.fixed_dictionaries(required, optional=optional)
        beyond = schema.get("additionalProperties", not fields)
        if beyond is False:
            return own
        least = max(0, schema.get("minProperties", 0) - len(required))
        more = st.dictionaries(st.text(), self.of(beyond), min_size=least, max_size=LONGEST_LIST)
        return st.builds(lambda further, known: {**further, **known}, more, own)

    def _array(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        least = schema.get("minItems", 0)
        most = schema.get("maxItems", least + LONGEST_LIST)
        heads = [self.of(each) for each in schema.get("prefixItems", ())]
        items = self.of(schema.get("items", True))
        least, most = max(0, least - len(heads)), max(0, most - len(heads))
        unique = repr if schema.get("uniqueItems") else None
        rest = st.lists(items, min_size=least, max_size=most, unique_by=unique)
        return st.builds(lambda first, more: [*first, *more], st.tuples(*heads), rest) if heads else rest

    def _string(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        if "pattern" in schema:
            return st.from_regex(schema["pattern"])
        if schema.get("format") in FORMATS:
            made: SearchStrategy[str] = FORMATS[schema["format"]]()
            return made
        return st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))

    def _integer(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        step = schema.get("multipleOf", 1)
        low, high = (None if bound is None else int(bound // step) for bound in _bounds(schema))
        return st.integers(low, high).map(lambda number: number * step)

    def _number(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        if "multipleOf" in schema:
            return self._integer(schema)
        low, high = _bounds(schema)
        return st.one_of(self._integer(schema), st.floats(low, high, allow_nan=False, allow_infinity=False))

    def _boolean(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        return st.booleans()

    def _null(self, schema: Mapping[str, Any]) -> SearchStrategy[Any]:
        from hypothesis import strategies as st

        return st.none()


TELLING = {
    "object": ("properties", "required", "additionalProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""Keywords that reveal the type of a value if the schema does not say it."""


def _types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type")
    if kind is not None:
        return [kind] if isinstance(kind, str) else list(kind)
    told = [name for name, words in TELLING.items() if any(word in schema for word in words)]
    return told or ["null", "boolean", "number", "string"]


def _joined(one: Mapping[str, Any], other: Any) -> dict[str, Any]:
    """Return a schema that satisfies both: fields and demands of both."""
    if not isinstance(other, Mapping):
        return dict(one)
    both = {**one, **other}
    if "properties" in one and "properties" in other:
        both["properties"] = {**one["properties"], **other["properties"]}
    if "required" in one and "required" in other:
        both["required"] = [*one["required"], *other["required"]]
    return both


def _bounds(schema: Mapping[str, Any]) -> Iterator[Any]:
    for bound, other in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        yield schema.get(bound, schema.get(other))


def _anything() -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    return st.one_of(st.none(), st.booleans(), st.integers(), st.text())


def _dates(make: str) -> SearchStrategy[Any]:
    from datetime import UTC

    from hypothesis import strategies as st

    if make == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
    return st.dates().map(str)


def _like(pattern: str) -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    return st.from_regex(pattern, fullmatch=True)


FORMATS: dict[str, Callable[[], Any]] = {
    "date": lambda: _dates("date"),
    "date-time": lambda: _dates("date-time"),
    "time": lambda: _like(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"),
    "email": lambda: _like(r"[a-z][a-z0-9]{0,8}@[a-z]{1,8}\.(com|org)"),
    "ipv4": lambda: _like(r"(1[0-9]{2}|[1-9]?[0-9])(\.(1[0-9]{2}|[1-9]?[0-9])){3}"),
    "uri": lambda: _like(r"https://[a-z]{1,8}\.org/[a-z0-9]{0,8}"),
    "uuid": lambda: _like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
}
"""The functions that make texts of a format."""
