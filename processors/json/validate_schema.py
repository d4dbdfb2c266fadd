from __future__ import annotations

from typing import Any

from engine import Event, FlowError, Message, Mistake, Template, VoidOperation, refuse
from engine.connectors import ANY, VALIDATION, encode, read_json
from processors.json._schema import Schema, SchemaFile
from processors.json._violations import summary, violations

SCHEMA_NOT_HONOURED = VALIDATION.child("SCHEMA_NOT_HONOURED", "JSON")
INVALID_INPUT_JSON = ANY.child("INVALID_INPUT_JSON", "JSON")


class ValidateSchema(VoidOperation):
    """Check that a value fits a JSON Schema: draft 2020-12, unless the schema's `$schema` names an older one.

    The error lists all violations (up to 1,000): its description names the first of them by path and rule,
    `error.errorMessage.payload` lists each with `path` (a JSON pointer), `keyword` and `message`; none shows the value.
    Dates, decimals and other values are checked as their JSON form; bytes are read as JSON; a text is a text: write
    `content: "#[read(payload, 'application/json')]"` for one that holds JSON. A value that JSON cannot represent, or
    that nests deeper than 200 levels, is JSON:INVALID_INPUT_JSON.

    A schema is compiled when the flow is loaded. It may refer to files beside it, and to others in the folder of the
    flow files; nothing is fetched. Its `format`s are checked. Its patterns have no look-around and no back references,
    so no text can make them run for long.

    Example:
        given: {payload: {id: 7, lines: [{sku: AB-12}, {}]}}
        run:
          - json:validate-schema:
              schemaContents:
                required: [id]
                properties:
                  id: {type: string}
                  lines: {items: {required: [sku]}}
        expect:
          error.type: JSON:SCHEMA_NOT_HONOURED
          error.errorMessage.payload:
            - {path: /id, keyword: type, message: must be of type "string"}
            - {path: /lines/1, keyword: required, message: must have the property "sku"}
    """

    schema: SchemaFile | None = None
    """The file of the schema, in JSON or YAML, in the folder of the flow files."""

    schema_contents: Schema | None = None
    """The schema itself, instead of a file: a map, or a text in JSON or YAML."""

    content: Template = Template("#[payload]")
    """The value to check."""

    raises = (SCHEMA_NOT_HONOURED, INVALID_INPUT_JSON)

    def __post_init__(self) -> None:
        if (self.schema is None) == (self.schema_contents is None):
            found = "neither 'schema' nor 'schemaContents'" if self.schema is None else "'schema' and 'schemaContents'"
            refuse([Mistake("F304", found, "one of the two")])

    async def run(self, event: Event) -> Event:
        schema = self.schema or self.schema_contents
        assert schema is not None  # one of them is there
        value = _as_json(self.content.evaluate(event))
        if schema.validator.is_valid(value):
            return event
        found = violations(schema, value)
        message = Message(found, media_type="application/json")
        raise FlowError(SCHEMA_NOT_HONOURED, f"the content does not fit: {summary(found)}", error_message=message)


def _as_json(value: Any) -> Any:
    """Return the value in its JSON form. A copy: it is bounded, and the schema sees nothing that JSON does not know."""
    try:
        return read_json(value if isinstance(value, bytes) else encode(value))
    except (ValueError, NotImplementedError, RecursionError, TypeError) as error:
        description = "the content is no JSON, or nested too deeply"
        raise FlowError(INVALID_INPUT_JSON, description, detailed_description=str(error), cause=error) from error
