"""error-mapping: the types of an operation's errors, as the flow wants to see them."""

from __future__ import annotations

from engine.parameters.element import Parameters
from engine.parameters.type_patterns import RaisedType, TypePatterns
from engine.values.errors import FlowError


class ErrorMapping(Parameters):
    """One type for others (Mule)."""

    source_type: TypePatterns = TypePatterns(["ANY"])
    """The types that are mapped (a list; wildcards and hierarchy count); all, if left out."""

    target_type: RaisedType
    """The type that the error has afterwards; a new one becomes known by being named."""

    def map(self, failure: FlowError) -> FlowError:
        """The error under its new type, at the same place; its cause is the one that came."""
        mapped = FlowError(
            self.target_type,
            failure.description,
            detailed_description=failure.detailed_description,
            cause=failure,
            error_message=failure.error_message,
            child_errors=failure.child_errors,
        )
        mapped.event, mapped.failing_component, mapped.logged = failure.event, failure.failing_component, failure.logged
        mapped.answer = failure.answer
        return mapped
