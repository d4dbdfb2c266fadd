"""One operation of an API: the rules for its requests, and the flow that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine import Event
from engine.connectors import encode, essence_of, format_of, read_json
from processors.apikit._errors import BAD_REQUEST, NOT_ACCEPTABLE, UNSUPPORTED_MEDIA_TYPE, refusal
from processors.apikit._parameters import PLACES, ApiParameter
from processors.json._schema import Schema
from processors.json._violations import violations

NAME = re.compile(r"\{([^{}/]+)\}")
JSON = "application/json"
OF_TEXTS = frozenset({"csv", "xml", "ndjson"})
"""Formats whose values are not those that an API's schemas describe: they are a text, or follow `xml` in the schema."""
UNREADABLE = (ValueError, NotImplementedError, RecursionError, TypeError)


class Operation(NamedTuple):
    """A method at a path.

    bodies: the schemas by media type; produced: the media types of the answers; security: the names of the schemes of
    which callers need one, none if they need none, and the place in the file that lists them.
    """

    method: str
    path: str
    parameters: tuple[ApiParameter, ...]
    bodies: Mapping[str, Schema | None]
    needs_body: bool
    produced: frozenset[str]
    security: tuple[str, ...] = ()
    security_place: Any = None

    @property
    def flow_name(self) -> str:
        r"""The name of the flow that answers; more exact names add more after a colon: get:\orders\(id)."""
        path = NAME.sub(r"(\1)", self.path).replace("/", "\\")
        return f"{self.method}:{path}"

    def flow_names(self, config: str, media_type: str = "") -> Iterator[str]:
        r"""Yield the names of flows that may answer, most exact first: post:\orders\(id):application\json:config."""
        name, body = self.flow_name, media_type.replace("/", "\\")
        yield from (f"{name}:{body}:{config}", f"{name}:{body}") if body else ()
        yield from (f"{name}:{config}", name)

    def check(self, event: Event, uri_params: Mapping[str, str]) -> str:
        """Return the media type of the body. Raise the Refusal of a request that breaks the rules of the operation."""
        attributes: Any = event.attributes
        given = {**attributes, "uriParams": uri_params}
        found = [problem for each in self.parameters for problem in each.problems(given[PLACES[each.place]], event)]
        if found:
            _refuse("the parameters do not fit", found)
        media_type = self._check_body(event)
        accept = attributes["headers"].get("accept", "")
        if accept and self.produced and not any(_accepts(accept, each) for each in self.produced):
            produced = ", ".join(sorted(self.produced))
            raise refusal(NOT_ACCEPTABLE, f"the answer can be had as one of {produced}")
        return media_type

    def _check_body(self, event: Event) -> str:
        if event.payload is None:
            if self.needs_body:
                _refuse("the body is missing", [{"path": "", "keyword": "required", "message": "must be there"}])
            return ""
        if not self.bodies:
            return ""
        media_type = essence_of(event.media_type) or JSON
        named = next((each for each in self.bodies if _takes(each, media_type)), None)
        if named is None:
            raise refusal(UNSUPPORTED_MEDIA_TYPE, f"the body can be one of {', '.join(self.bodies)}")
        schema = self.bodies[named] if format_of(media_type) not in OF_TEXTS else None
        if schema is not None and (found := violations(schema, _as_json(event.payload))):
            _refuse("the body does not fit", found)
        return media_type


def _refuse(detail: str, found: list[dict[str, str]]) -> None:
    first = found[0]
    told = f"{detail}: {first['path'] or 'the whole'} {first['message']}"
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    raise refusal(BAD_REQUEST, told + more, members={"violations": found})


def _as_json(payload: Any) -> Any:
    try:
        return read_json(encode(payload))
    except UNREADABLE:
        raise refusal(BAD_REQUEST, "the body is no JSON") from None


def _takes(media_range: str, media_type: str) -> bool:
    """Return whether a media range such as application/* includes a media type."""
    main, _, sub = essence_of(media_range).partition("/")
    own_main, _, own_sub = media_type.partition("/")
    return main in ("*", own_main) and sub in ("*", own_sub)


def _accepts(accept: str, media_type: str) -> bool:
    return any(_takes(each, essence_of(media_type)) for each in accept.split(",") if each[-3:] != "q=0")
