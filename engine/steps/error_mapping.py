"""error-mapping: replaces the types of an operation's errors by those that the flow wants to see."""

from __future__ import annotations

from engine.parameters.element import Parameters
from engine.parameters.type_patterns import RaisedType, TypePatterns
from engine.values.errors import FlowError


class ErrorMapping(Parameters):
    """Maps error types to another one, as in Mule."""

    source_type: TypePatterns = TypePatterns(["ANY"])
    """The types that are mapped: a list, with wildcards and the hierarchy of types. All if left out."""

    target_type: RaisedType
    """The type of the error afterwards; naming a new type here declares it."""

    def map(self, failure: FlowError) -> FlowError:
        """Return the error with its new type and the same place; its cause is the original error."""
        mapped = FlowError(
            self.target_type,
            failure.description,
            detailed_description=failure.detailed_description,
            cause=failure,
            error_message=failure.error_message,
            child_errors=failure.child_errors,
        )
        mapped.event, mapped.failing_component, mapped.logged = failure.event, failure.failing_component, failure.logged
        mapped.failing_doc_name = failure.failing_doc_name
        mapped.answer = failure.answer
        return mapped
