from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator

from engine import ConfigRef, Field, Kind, Mistake, Runtime, refuse
from engine.connectors import (
    TEXTS,
    USUAL_METHODS,
    CsvOptions,
    HttpResponse,
    HttpSource,
    Idempotency,
    Limits,
    PathPattern,
    RateLimit,
    Route,
)
from engine.limits import FLOW_TIMEOUT
from processors.http._body_schema import BodySchema
from processors.http._methods import meant_method
from processors.http.listener_config import ListenerConfig

PATH = re.compile(r"/(?:[^{}*#?\s]|\{[^{}/*\s]+\})*\*?")
METHOD = re.compile(r"[A-Z]+")
MEDIA_RANGE = re.compile(r"[a-z0-9][\w.+-]*/(?:\*|[a-z0-9][\w.+-]*)|\*/\*", re.ASCII)


def _path(value: Any) -> Any:
    if not isinstance(value, str) or PATH.fullmatch(value) is None:
        refuse(
            [Mistake("F303", f"{value!r} as a path", "a path such as /orders/{id} or /files/*, without expressions")]
        )
    return value


def _methods(value: Any) -> Any:
    methods = value.split(",") if isinstance(value, str) else value
    names = [str(method).strip().upper() for method in methods] if isinstance(methods, (list, tuple, frozenset)) else []
    if not names or not all(METHOD.fullmatch(name) for name in names):
        refuse([Mistake("F303", f"{value!r}", "methods, such as GET, POST")])
    for name in names:
        if meant := meant_method(name):
            refuse([Mistake("F303", f"'{name}' among the methods", "methods, such as GET, POST", meant)])
    return frozenset(names)


def _media_types(value: Any) -> Any:
    given = value.split(",") if isinstance(value, str) else value
    names = [str(name).strip().lower() for name in given] if isinstance(given, (list, tuple)) else []
    if not names or not all(MEDIA_RANGE.fullmatch(name) for name in names):
        refuse([Mistake("F303", f"{value!r}", "media types without parameters, such as application/json, text/*")])
    return tuple(names)


class Listener(HttpSource):
    """Run the flow for each HTTP request, and answer with its event.

    The body becomes the payload by its Content-Type: JSON (also without one), XML, YAML, CSV and NDJSON are values, as
    read() makes them, a form a map, text a text, anything else bytes, an empty body null. A body that does not match
    its type is answered with 400, with reason and place. `attributes` holds method, listenerPath, requestPath,
    rawRequestPath, queryString, queryParams, queryParamsAll, uriParams, headers, remoteAddress, scheme and version,
    with rawBody: true also rawBody, the bytes that the payload was made of; the rest that a trailing `*` takes is
    uriParams."*". If the caller has a certificate, clientCertificate holds subject and issuer ({commonName, …}),
    subjectAltName ({DNS: […], …}), serialNumber, notBefore and notAfter.

    A path is first split at its slashes, then each segment is decoded once: /orders/a%2Fb is the order `a/b`, and
    /admin%2Fx is not a path below /admin/. Dot segments, empty segments and anything after a `;` are text like any
    other: nothing is resolved, left out or cut off. rawRequestPath is the path as it came, requestPath the same
    decoded.

    The status of a success is `vars.httpStatus`, otherwise 200; null counts as not set. A failure is answered with the
    values that an on-error-propagate assigned (httpStatus, payload), otherwise with application/problem+json and a
    status by the error's type. Headers are added by `vars.outboundHeaders`. From a map that was received, or that is
    the value of one expression (`headers: "#[attributes.headers]"`), headers are left out that belong to one
    connection, or to the form in which the body came: Connection and the headers it names, Keep-Alive, Proxy-*, TE,
    Trailer, Transfer-Encoding, Upgrade, Content-Length, Content-Encoding, Date, Host and Expect. Naming one of those of
    a connection singly is MULE:EXPRESSION.

    A payload is written by its media type: the flow's own (mimeType, a Content-Type among the headers), otherwise the
    caller's favourite by Accept of JSON, NDJSON, XML, CSV, YAML and text, otherwise JSON; if Accept allows none, the
    answer is 406. Bodies compressed with gzip or deflate are inflated. HEAD is answered as GET without the body,
    OPTIONS with the methods of the path; the answer to GET has an ETag, unless the flow sets one, and If-None-Match
    gets 304. If the caller is known, by security:* or a certificate, the answer may be stored in that caller's cache
    alone (Cache-Control: private, no-cache), unless the flow says otherwise.

    Example:
        configs:
          Api: {http:listener-config: {port: 8081}}
        flows:
          order:
            source: {http:listener: {config-ref: Api, path: "/orders/{id}", allowedMethods: GET}}
            steps: [{set-payload: {value: {id: "#[attributes.uriParams.id]"}}}]
        request: {method: GET, path: /orders/a%207}
        expect: {status: 200, payload: {id: a 7}}
    """

    config_ref: ConfigRef[ListenerConfig]
    """The name of the http:listener-config."""

    path: Annotated[str, BeforeValidator(_path)]
    """The path: `{name}` takes one segment, a trailing `*` all that follows."""

    allowed_methods: Annotated[
        frozenset[str] | None,
        BeforeValidator(_methods),
        Kind("list", TEXTS),
        Field(alias="allowedMethods", validation_alias=AliasChoices("allowedMethods", "method")),
    ] = None
    """The methods, as a comma list or a list; all, if left out. `method` means the same."""

    response: HttpResponse = HttpResponse()
    """How a success is answered: statusCode, headers, body, reasonPhrase."""

    error_response: Annotated[HttpResponse, Field(alias="error-response")] = HttpResponse()
    """How a failure is answered: statusCode, headers, body, reasonPhrase."""

    streaming: bool = False
    """Whether a body of NDJSON (application/x-ndjson) or CSV is a stream of records: foreach goes through one of any
    size in constant memory. maxBodySize is then the bound of one record, readTimeout that of each wait for more. A
    record that cannot be read (a line that is not JSON, a row with a cell too many) ends the loop, or with `collect` is
    an item that fails: `error.description` has its line, the payload is the part of it that could be read."""

    csv: CsvOptions = CsvOptions()
    """How bodies of CSV are written, streamed or not: separator, quote, encoding, header, lenient."""

    consumes: Annotated[tuple[str, ...], BeforeValidator(_media_types), Kind("list", TEXTS)] = ()
    """The media types that bodies may have, such as `application/x-ndjson, application/json` or `text/*`, as a comma
    list or a list; any, if left out. Another one is answered with 415 before the body is read. A body without a media
    type counts as JSON."""

    raw_body: bool = False
    """Whether attributes.rawBody holds the bytes of the body (inflated, if they were compressed), in addition to the
    payload that is made of them: a signature is made over these bytes. maxBodySize bounds them."""

    body: Literal["read", "raw"] = "read"
    """How the body becomes the payload: `read` by its Content-Type, or left `raw`, as bytes of whatever type."""

    rate_limit: RateLimit | None = None
    """How often a caller may come: key, limit, period; one request too many is answered with 429 and Retry-After,
    before its body is read. Each worker counts by itself."""

    idempotency: Idempotency | None = None
    """The handling of the header Idempotency-Key: store, ttl, required, caller. A request that comes again under its
    key gets the answer of the first time and does not run again (409 while that runs, 422 for another request under the
    key). Not kept are 5xx, 401, 403, 408, 425, 429, streams and bodies over 1 MiB. GET, HEAD and OPTIONS need no key. A
    key belongs to its caller, who must still pass the head of the flow to get an answer again: a flow authenticates the
    caller there, or names `caller`."""

    schema: BodySchema | None = None
    """A JSON Schema that bodies must fit: a map, or the name of a file beside the flow file. One that does not fit is
    answered with 400 and all violations, before the flow runs."""

    default_timeout = FLOW_TIMEOUT

    def __post_init__(self) -> None:
        if self.idempotency and self.streaming:
            expected = "one of them: a stream is not compared with another"
            refuse([Mistake("F304", "idempotency beside streaming", expected)])
        if self.streaming and (self.raw_body or self.body == "raw"):
            raw = "rawBody" if self.raw_body else "body: raw"
            refuse([Mistake("F304", f"{raw} beside streaming", "one of them: of a stream nothing is kept")])
        if self.schema and self.body == "raw":
            refuse([Mistake("F304", "schema beside body: raw", "one of them", "rawBody: true")])
        if self.schema and self.streaming:
            refuse([Mistake("F304", "schema beside streaming", "one of them", "json:validate-schema in the foreach")])

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        if self.rate_limit:
            self.rate_limit.live_in(runtime)

    def take_over(self, former: Self, *, is_unchanged: bool) -> None:
        if self.rate_limit and former.rate_limit:
            self.rate_limit.take_over(former.rate_limit)
        if self.idempotency and former.idempotency and self.flow:
            self.idempotency.take_over(former.idempotency, self.runtime, former.runtime, self.flow.name)

    def objections(self) -> Iterator[tuple[str, Mistake]]:
        if self.idempotency and (flow := self.flow) and (objection := self.idempotency.objection(flow)):
            yield "idempotency", objection

    def claims(self) -> list[str]:
        route = self.route()
        shape = PathPattern(route.path).shape
        return [f"{method} {shape} at {route.host}:{route.port}" for method in sorted(route.methods or USUAL_METHODS)]

    @property
    def keeps_bytes(self) -> bool:  # which may be asked although its config has mistakes
        return self.raw_body or self.body == "raw"

    def route(self) -> Route:
        config = self.config_ref
        return Route(
            config.host,
            config.port,
            config.base_path.rstrip("/") + self.path,
            self.allowed_methods,
            Limits(config.max_body_size, config.read_timeout),
            self.response,
            self.error_response,
            self.streaming,
            config.connections,
            config.cors,
            self.rate_limit,
            self.idempotency,
            schema=self.schema,
            api_docs=config.api_docs,
            consumes=self.consumes,
            keeps_raw=self.raw_body,
            is_raw=self.body == "raw",
            reads_later=self.reads_later,
            csv=self.csv,
        )
