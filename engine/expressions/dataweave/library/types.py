"""dw::core::Types."""

from __future__ import annotations

from typing import Any

from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.types import Field, Type, simple

TYPES = "dw::core::Types"
TESTED = (
    "Any", "Array", "Binary", "Boolean", "DateTime", "Date", "Function", "Intersection", "Key", "Literal",
    "LocalDateTime", "LocalTime", "Namespace", "Nothing", "Null", "Number", "Object", "Period", "Range", "Reference",
    "Regex", "String", "Time", "TimeZone", "Type", "Union", "Uri",
)  # fmt: skip


def _test(kind: str) -> None:
    """Declare isStringType and its siblings."""

    @defined(TYPES, f"is{kind}Type", "(t: Type) -> Boolean", manual=f"Return whether a type is {kind}.")
    def test(given: Type) -> bool:
        return (given.name if kind == "Reference" else given.resolved().name) == kind


for _kind in TESTED:
    _test(_kind)


def _expect(given: Type, kind: str) -> Type:
    found = given.resolved()
    if found.name != kind:
        raise Failed(f"the type is not {kind}")
    return found


@defined(TYPES, "nameOf", "(t: Type) -> String")
def name_of(given: Type) -> str:
    """Return the name of a type."""
    return given.alias or given.resolved().name


@defined(TYPES, "baseTypeOf", "(t: Type) -> Type")
def base_type_of(given: Type) -> Type:
    """Return the type without its parameters, metadata and name: of a literal the type of its value."""
    return simple(given.base)


@defined(TYPES, "metadataOf", "(t: Type) -> Object")
def metadata_of(given: Type) -> dict[str, Any]:
    """Return the metadata of a type, as `{format: …}`."""
    return dict(given.schema or given.resolved().schema or {})


@defined(TYPES, "arrayItem", "(t: Type) -> Type")
def array_item(given: Type) -> Type:
    """Return the type of the elements of an array type."""
    found = _expect(given, "Array")
    return _part(found.arguments[0]) if found.arguments else simple("Any")


def _part(given: Type) -> Type:
    """Return a type inside another one: a reference, if it has a name."""
    return Type("Reference", alias=given.alias, resolve=lambda: given) if given.alias else given


@defined(TYPES, "unionItems", "(t: Type) -> Array<Type>")
def union_items(given: Type) -> list[Type]:
    """Return the types of a union."""
    return list(map(_part, _expect(given, "Union").arguments))


@defined(TYPES, "intersectionItems", "(t: Type) -> Array<Type>")
def intersection_items(given: Type) -> list[Type]:
    """Return the types of an intersection."""
    return list(map(_part, _expect(given, "Intersection").arguments))


@defined(TYPES, "functionParamTypes", "(t: Type) -> Array<Object>")
def function_param_types(given: Type) -> list[dict[str, Any]]:
    """Return the types of the parameters of a function type."""
    found = _expect(given, "Function")
    named = found.fields or tuple(Field(f"param_{at}", each) for at, each in enumerate(found.arguments))
    return [{"paramType": _part(each.type), "name": each.name, "optional": each.optional} for each in named]


@defined(TYPES, "functionReturnType", "(t: Type) -> Type | Null")
def function_return_type(given: Type) -> Type | None:
    """Return the type of the result of a function type."""
    return _expect(given, "Function").returns


@defined(TYPES, "literalValueOf", "(t: Type) -> String | Number | Boolean")
def literal_value_of(given: Type) -> Any:
    """Return the value of a literal type."""
    return _expect(given, "Literal").literal


@defined(TYPES, "objectFields", "(t: Type) -> Array<Object>")
def object_fields(given: Type) -> list[dict[str, Any]]:
    """Return the fields of an object type: `{key: {name, attributes}, required, repeated, value}`."""
    return [
        {
            "key": {"name": _name(each), "attributes": list(map(_attribute, each.attributes))},
            "required": not each.optional,
            "repeated": each.repeated,
            "value": _part(each.type),
        }
        for each in _expect(given, "Object").fields or ()
    ]


def _name(each: Field) -> dict[str, Any]:
    return {"localName": each.name or "_", "namespace": each.namespace}


def _attribute(each: Field) -> dict[str, Any]:
    return {"name": _name(each), "value": _part(each.type), "required": not each.optional}
