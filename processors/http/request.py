from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from engine import (
    ConfigRef,
    Duration,
    Event,
    Field,
    FlowError,
    Message,
    Mistake,
    Operation,
    Runtime,
    Stream,
    Template,
    prepared,
    refuse,
)
from engine.connectors import (
    REPEAT_EXHAUSTED,
    Measures,
    Size,
    header_value,
    headers_of,
    one_evaluation,
    own_media_type,
    trace_headers,
)
from engine.limits import LARGEST_ANSWER, LARGEST_SAVED_ANSWER
from processors.http._address import Path, Url, parameters_of, with_query
from processors.http._content import body_of
from processors.http._errors import REQUEST_TYPES
from processors.http._outgoing import (
    BODILESS,
    THE_REQUEST,
    Method,
    Outgoing,
    Pieces,
    constant_headers,
    in_time,
)
from processors.http._pages import Pages, Paginate, ResultPage
from processors.http._response import accepted, attributes_of, failure, rejected, unread
from processors.http._saved import FileName
from processors.http._status import ResponseValidator
from processors.http.request_config import RequestConfig, SendCorrelationId

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from processors.http._redirects import Redirects

UNAUTHORIZED = 401
WITHOUT_CONFIG = "http:request"
"""The label of the requests that name no config."""


class Request(Operation):
    """Send an HTTP request; the result is the body of the response.

    The body is read by its Content-Type: JSON (also without one) is a value, a form a map, text a text, anything else
    bytes, an empty body null. Its attributes are statusCode, reasonPhrase and headers. A repeated header is one text,
    its values joined by commas; Set-Cookie and WWW-Authenticate, whose values contain commas, are a list then.

    The form of the body depends on its value: maps, lists and numbers are JSON, a text is text/plain, bytes stay. A
    header Content-Type is sent unchanged, and so is a text under it; a map becomes the form that it names,
    application/x-www-form-urlencoded or multipart/form-data, in which a map with `content` (and filename, contentType)
    is a file and a list repeats its name.

    A status of 400 and above is an error of its name, such as HTTP:NOT_FOUND, with the upstream's answer in
    error.errorMessage; others of 4xx and 5xx are HTTP:CLIENT_ERROR and HTTP:SERVER_ERROR. A connection that is refused,
    reset or hung up is HTTP:CONNECTIVITY. Nothing is sent twice: put until-successful around it for that, if the
    upstream tolerates repeats. The correlation id goes out, and the traceparent and tracestate (W3C) with which the
    event came.

    With `paginate` the result is a stream of the items of all pages, for foreach or for the body of an answer; each
    page is requested when the items before it are taken, with its own responseTimeout, and its errors are those of the
    request. `next` is a map of query parameters, `{cursor: payload.next}` or `{offset: "payload.more ? $page * `100` :
    null"}`, or a url, such as that of a Link header: `scan(attributes.headers.link, '<([^>]*)>[^,]*rel="?next')[0][1]`.
    Such urls come from the upstream, so they are followed by the rules of redirects: another host sees no credentials,
    a private address and another scheme are HTTP:REDIRECTION.

    Example:
        given: {payload: {id: 7, note: urgent}}
        run:
          - try:
              steps:
                - http:request:
                    url: "https://orders.example.org/orders/{id}/notes"
                    method: POST
                    uri-params: {id: "#[payload.id]"}
                    headers: {x-shop: north}
                    body: {note: "#[payload.note]"}
                    responseTimeout: 2s
                    target: answer
              error-handler:
                - on-error-continue: {type: "HTTP:NOT_FOUND", steps: [{set-payload: {value: no such order}}]}
                - on-error-continue: {type: "*:CONNECTIVITY", steps: [{set-payload: {value: later}}]}
        mock: [{processor: http:request, with: {method: POST}, raise: {type: HTTP:CONNECTIVITY}}]
        expect: {payload: later}
    """

    config_ref: ConfigRef[RequestConfig] = None  # type: ignore[assignment]  # a url may stand instead
    """The name of the http:request-config; may be left out if there is a url."""

    path: Path | None = None
    """The path after the url of the config; an `#[…]` or `{name}` in it is percent-encoded as one segment."""

    url: Url | None = None
    """The whole url, instead of the config's and a path; only one that is a whole expression may choose the host."""

    method: Method = Method("GET")
    """The method."""

    body: Template = None  # type: ignore[assignment]  # null is a body
    """The body; the payload, if left out, but none for GET, HEAD and OPTIONS."""

    headers: Template = Template({})
    """Headers by name; a list repeats one, null leaves it out. From a whole map such as `#[attributes.headers]` headers
    are left out that belong to one connection, or to the form in which a body came (see http:listener)."""

    uri_params: Annotated[Template, Field(alias="uri-params")] = Template({})
    """The values of the `{name}`s in path or url: text or numbers, but not empty, `.` or `..`."""

    query_params: Annotated[Template, Field(alias="query-params")] = Template({})
    """Query parameters by name; a list repeats one, null leaves it out."""

    response_timeout: Duration | None = None
    """How long it may take until the response is whole; the config's, if left out. Over it, HTTP:TIMEOUT."""

    response_validator: Annotated[ResponseValidator, Field(alias="response-validator")] = ResponseValidator()
    """The responses that are a success."""

    follow_redirects: bool | None = None
    """Whether redirects are followed; as the config says, otherwise true."""

    max_response_size: Size | None = None
    """The largest body of the response, inflated; the config's, otherwise 10MiB, with saveTo 1GiB."""

    save_to: FileName | None = None
    """A file that takes the body of a success as it comes; the result is then a map of path and size. The file appears
    when it is whole. An `#[…]` inside a longer text is one name, without slashes, and no link is followed from there
    on. Before anything is sent, it is checked that the file can be written."""

    paginate: Paginate | None = None
    """How one page leads to the next: next, items (payload), maxPages (1,000). The result is then a stream of the items
    of all pages, read once, like that of db:select; its attributes are those of the first page."""

    send_correlation_id: SendCorrelationId = "AUTO"
    """Whether X-Correlation-ID goes out, unless the headers have one; AUTO is as the config says."""

    raises = REQUEST_TYPES
    is_outward = True

    _config: RequestConfig = prepared()
    _redirects: Redirects = prepared()
    _seconds: float = prepared()
    _most: int = prepared()
    _constant_headers: dict[str, Any] | None = prepared()
    _reads_later: bool = prepared(False)

    def __post_init__(self) -> None:
        self._check_names()
        if self.paginate is not None:
            if self.save_to is not None:
                refuse([Mistake("F304", "paginate beside saveTo", "one of them")])
            self._prepare(raises=(*REQUEST_TYPES, REPEAT_EXHAUSTED))
        config = self.config_ref if self.config_ref is not None else _shared(self.runtime)
        if isinstance(config, RequestConfig):  # otherwise it has mistakes of its own
            self._check_address(config)
            self._use(config)

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        if self.config_ref is None:
            self._use(_shared(runtime))

    def measure(self, measures: Measures, place: str) -> None:
        if self.config_ref is None:
            self._config.measure(measures, WITHOUT_CONFIG)

    def _use(self, config: RequestConfig) -> None:
        follow = config.follow_redirects if self.follow_redirects is None else self.follow_redirects
        largest = config.max_response_size if self.max_response_size is None else self.max_response_size
        usual = LARGEST_SAVED_ANSWER if self.save_to else LARGEST_ANSWER
        own, shared = constant_headers(self.headers), constant_headers(config.headers)
        self._prepare(
            _config=config,
            _redirects=replace(config.redirects, follow=follow),
            _seconds=config.seconds if self.response_timeout is None else self.response_timeout,
            _most=usual if largest is None else largest,
            _constant_headers=None if own is None or shared is None else shared | own,
        )

    def _check_names(self) -> None:
        """Check the names that are known now: a map that is written out must have them all."""
        entries = self.uri_params.entries
        names = [name for address in (self.path, self.url) if address for name in address.names]
        given = names if entries is None else entries
        missing = [name for name in names if name not in given]
        if missing:
            found = f"'{{{missing[0]}}}' in the path, which uri-params lack"
            refuse([Mistake("F603", found, f"a value for each of {', '.join(dict.fromkeys(names))}")])

    def _check_address(self, config: RequestConfig) -> None:
        """Check that there is one base and one path."""
        if config.base and self.url is not None:
            found = "a url beside a config that has one"
            refuse([Mistake("F304", found, "one of them", "path instead of url, or the url alone")])
        if not config.base and self.url is None:
            found = "neither a url nor a config that has one"
            refuse([Mistake("F304", found, "one of them", "url: https://…, or config-ref: NAME")])
        if self.url is not None and self.path is not None:
            refuse([Mistake("F304", "url and path", "one of them", "the path inside the url")])

    async def run(self, event: Event) -> Event:
        with one_evaluation():
            outgoing = self._outgoing(event)
            file = self.save_to.of(event) if self.save_to else None
        if file is not None:
            await file.check()
        if self.paginate is not None:
            return await self._stream(event, outgoing, self.paginate)
        after, _ = await in_time(self._seconds, self._exchange(event, outgoing, file))
        return self.deliver_event(event, after)

    async def _stream(self, event: Event, outgoing: Outgoing, paginate: Paginate) -> Event:
        """Return the event with the items of all pages; the first one is requested immediately."""

        async def ask(following: Any, url: str) -> ResultPage:
            try:
                return await in_time(self._seconds, self._exchange(event, self._next(event, outgoing, following, url)))
            except FlowError as failure:
                mapped = self.map_error(failure)
                if mapped is failure:
                    raise
                raise mapped from failure

        first = await in_time(self._seconds, self._exchange(event, outgoing))
        stream = Stream(Pages(paginate, paginate.max_pages.of(event), ask).portions(first))
        stream.close_with_flow()
        return self.deliver(event, stream, first.after.attributes)

    def _next(self, event: Event, first: Outgoing, following: Any, url: str) -> Outgoing:
        """Return the request for the page after that of a url."""
        from processors.http._client import next_page

        if isinstance(following, Mapping):
            return replace(first, url=self._url(event, following))
        return next_page(first, url, following, self._redirects)

    def leave_payloads(self) -> None:
        """Leave bodies that do not match their Content-Type to the expressions, which read them, or fail."""
        self._prepare(_reads_later=True)

    async def _exchange(self, event: Event, outgoing: Outgoing, file: Any = None) -> ResultPage:
        """Return the event with the response as its message, and the url that it came from.

        Raise FlowError if the response is not a success.
        """
        response, refusal = await self._send(event, outgoing)
        try:
            attributes = attributes_of(response)
            if refusal or not self.response_validator.accepts(response.status):
                raise failure(await self._rejected(response, attributes), refusal)
            message = await self._accepted(response, attributes, file)
        finally:
            response.close()
        after = event.with_payload(message.payload, attributes, media_type=message.media_type)
        if self.response_validator.expression is not None and not self.response_validator.expression.evaluate(after):
            raise failure(message, "")
        return ResultPage(after, str(response.url))

    async def _send(self, event: Event, outgoing: Outgoing) -> tuple[ClientResponse, str]:
        """Return the response, and why its redirect is not followed; credentials that run out are renewed once."""
        config = self._config
        if config.authentication is None or "authorization" in outgoing.headers:
            return await config.client.send(outgoing, self._redirects)
        credentials = await config.credentials(event)
        response, refusal = await config.client.send(_with(outgoing, credentials), self._redirects)
        was_asked = response.request_info.headers.get("Authorization") == credentials  # no other host, by a redirect
        if response.status != UNAUTHORIZED or not was_asked or not config.renew(credentials):
            return response, refusal
        response.release()
        credentials = await config.credentials(event)
        return await config.client.send(_with(outgoing, credentials), self._redirects)

    async def _accepted(self, response: ClientResponse, attributes: dict[str, Any], file: Any) -> Message:
        if file is None:
            body = await self._config.client.read(response, self._most)
            return (unread if self._reads_later else accepted)(body, attributes)
        size = await self._config.client.save(response, self._most, file)
        return Message({"path": str(file.path), "size": size}, attributes)

    async def _rejected(self, response: ClientResponse, attributes: dict[str, Any]) -> Message:
        """Return the message of a failure; a body that cannot be read does not hide the status either."""
        try:
            return rejected(await self._config.client.read(response, self._most), attributes)
        except FlowError:
            return Message(None, attributes)

    # The request

    def _outgoing(self, event: Event) -> Outgoing:
        """Return the request of an event. Raise HTTP:BAD_REQUEST, MULE:EXPRESSION and MULE:TRANSFORMATION."""
        method = self.method.of(event)
        headers = dict(self._constant_headers) if self._constant_headers is not None else self._headers(event)
        body, media_type = self._content(event, method, headers.get("content-type"))
        if media_type:
            headers["content-type"] = media_type
        for name, value in trace_headers.get().items():
            headers.setdefault(name, value)
        if self._sends_correlation_id():
            headers.setdefault("x-correlation-id", header_value(event.correlation_id, THE_REQUEST))
        is_encoded = self.url is None or not self.url.is_whole
        return Outgoing(method, self._url(event), headers, body, is_encoded)

    def _headers(self, event: Event) -> dict[str, Any]:
        """Return the headers of the config, and those of the request, which win."""
        return headers_of(self._config.headers, event, THE_REQUEST) | headers_of(self.headers, event, THE_REQUEST)

    def _content(self, event: Event, method: str, media_type: Any) -> tuple[Pieces | None, str | None]:
        """Return the body, and its media type: the one of the headers, otherwise the payload's own."""
        if self.body is not None:
            body = self.body.evaluate(event)
            own = self.body.media_type or own_media_type(body)
            return body_of(body, media_type or own, is_said=media_type is not None)
        if method in BODILESS:
            return None, None
        return body_of(event.payload, media_type or event.media_type, is_said=media_type is not None)

    def _sends_correlation_id(self) -> bool:
        choice = self._config.send_correlation_id if self.send_correlation_id == "AUTO" else self.send_correlation_id
        return choice != "NEVER"

    def _url(self, event: Event, beside: Any = None) -> str:
        """Return the whole url; beside: query parameters that win over those of the request and the config."""
        parameters = parameters_of(self.uri_params.evaluate(event))
        if self.url is not None:
            url = self.url.fill(event, parameters)
        else:
            path = self.path.fill(event, parameters) if self.path else ""
            url = self._config.base + (path if path.startswith("/") or not path else f"/{path}")
        return with_query(url, self._config.query_params.evaluate(event), self.query_params.evaluate(event), beside)


def _shared(runtime: Runtime) -> RequestConfig:
    """Return the config of requests without one: all of an application share its connections."""

    def make() -> RequestConfig:
        config = RequestConfig()
        config.live_in(runtime)
        runtime.at_start(config.start)
        return config

    return runtime.keep((RequestConfig, runtime.default_response_timeout), make, RequestConfig.stop)


def _with(outgoing: Outgoing, credentials: str | None) -> Outgoing:
    value = header_value(credentials, THE_REQUEST)
    return replace(outgoing, headers={**outgoing.headers, "authorization": value})
