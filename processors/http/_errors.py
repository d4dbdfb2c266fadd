"""The error types of the namespace HTTP, and their statuses."""

from __future__ import annotations

from engine import ErrorType
from engine.connectors import (
    ANY,
    CLIENT_ERROR,
    CONNECTIVITY,
    SECURITY,
    SERVER_ERROR,
    SERVER_SECURITY,
    STATUS_TYPES,
    error_type,
)

HTTP_CONNECTIVITY = CONNECTIVITY.child("CONNECTIVITY", "HTTP")
HTTP_RETRY_EXHAUSTED = error_type("HTTP:RETRY_EXHAUSTED")
TIMEOUT = ANY.child("TIMEOUT", "HTTP")
PARSING = ANY.child("PARSING", "HTTP")
BAD_REQUEST = STATUS_TYPES[400]
REDIRECTION = ANY.child("REDIRECTION", "HTTP")
RESPONSE_VALIDATION = ANY.child("RESPONSE_VALIDATION", "HTTP")
RESPONSE_TOO_LARGE = error_type("MULE:STREAM_MAXIMUM_SIZE_EXCEEDED").child("RESPONSE_TOO_LARGE", "HTTP")
HTTP_SECURITY = SECURITY.child("SECURITY", "HTTP")
HTTP_SERVER_SECURITY = SERVER_SECURITY.child("SERVER_SECURITY", "HTTP")
BASIC_AUTHENTICATION = HTTP_SERVER_SECURITY.child("BASIC_AUTHENTICATION")

BY_CLASS = {3: REDIRECTION, 4: CLIENT_ERROR, 5: SERVER_ERROR}

REQUEST_TYPES = (
    HTTP_CONNECTIVITY, HTTP_RETRY_EXHAUSTED, TIMEOUT, PARSING, RESPONSE_TOO_LARGE, RESPONSE_VALIDATION,
    *BY_CLASS.values(), *STATUS_TYPES.values(), HTTP_SECURITY,
)  # fmt: skip


def type_of_status(status: int) -> ErrorType:
    """Return the type of a rejected status: by name, otherwise by its class (ours; Mule: UNKNOWN)."""
    return STATUS_TYPES.get(status) or BY_CLASS.get(status // 100, RESPONSE_VALIDATION)
