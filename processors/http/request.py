from __future__ import annotations

import asyncio
from typing import Annotated, Any, ClassVar

from engine import (
    ConfigRef,
    Duration,
    Event,
    Field,
    FlowError,
    Mistake,
    Operation,
    Runtime,
    Template,
    checked_headers,
    refuse,
)
from processors.http._address import Path, Url, encoded_query
from processors.http._content import body_of
from processors.http._errors import REDIRECTION, REQUEST_TYPES, TIMEOUT, type_of_status
from processors.http._redirects import Redirects
from processors.http._response import accepted, attributes_of, read_body, rejected
from processors.http._status import ResponseValidator
from processors.http.request_config import RequestConfig

BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that send no body, unless one is given."""


class Request(Operation):
    """Send an HTTP request; the response's body is the result, its attributes are statusCode, reasonPhrase, headers.

    Example:
        run:
          - try:
              steps: [{http:request: {url: "http://127.0.0.1:9/orders"}}]
              error-handler:
                - on-error-continue:
                    type: HTTP:CONNECTIVITY
                    steps: [{set-payload: {value: later}}]
        expect: {payload: later}
    """

    config_ref: ConfigRef[RequestConfig] = None  # type: ignore[assignment]  # a url may stand instead
    """The name of the http:request-config; or write a url."""

    path: Path = Path("/")
    """The path behind the config's url; an `#[…]` or `{name}` in it is percent-encoded as one segment."""

    url: Url | None = None
    """The whole url, without a config; only one that is a whole expression may choose the host."""

    method: Template = Template("GET")
    """The method."""

    body: Template = None  # type: ignore[assignment]  # null is a body
    """The body; the payload, if left out, but none for GET, HEAD and OPTIONS."""

    headers: Template = Template({})
    """Headers by name; a list repeats one, null leaves it out."""

    uri_params: Annotated[Template, Field(alias="uri-params")] = Template({})
    """The values of the `{name}`s in path or url."""

    query_params: Annotated[Template, Field(alias="query-params")] = Template({})
    """Query parameters by name; a list repeats one, null leaves it out."""

    response_timeout: Duration | None = None
    """How long it may take until the response is whole; the config's, else 10 s. Over it, HTTP:TIMEOUT."""

    response_validator: Annotated[ResponseValidator, Field(alias="response-validator")] = ResponseValidator()
    """Which responses are a success."""

    raises = REQUEST_TYPES

    _config: ClassVar[RequestConfig]

    def __post_init__(self) -> None:
        if (self.config_ref is None) == (self.url is None):
            refuse([Mistake("F304", "neither config-ref nor url" if self.url is None else "config-ref and url")])
        self._prepare(_config=self.config_ref)

    def live_in(self, runtime: Runtime) -> None:
        super().live_in(runtime)
        if self.config_ref is None:
            self._prepare(_config=runtime.share("http:request without a config", lambda: _shared(runtime)))

    async def run(self, event: Event) -> Event:
        outgoing = self._outgoing(event)
        seconds = self._config.response_timeout if self.response_timeout is None else self.response_timeout
        try:
            async with asyncio.timeout(seconds) as limit:
                response, refusal = await self._config.client.send(outgoing, Redirects(self._config.follow_redirects))
                try:
                    attributes = attributes_of(response)
                    body = await read_body(response, self._config.max_response_size)
                finally:
                    response.close()
        except TimeoutError:
            if not limit.expired():
                raise
            raise FlowError(TIMEOUT, f"the upstream did not answer within {seconds:g} s") from None
        if refusal:
            raise FlowError(REDIRECTION, refusal, error_message=rejected(body, attributes))
        status = attributes["statusCode"]
        if not self.response_validator.accepts(status):
            reason = f"the upstream answered with {status}"
            raise FlowError(type_of_status(status), reason, error_message=rejected(body, attributes))
        message = accepted(body, attributes)
        after = event.with_payload(message.payload, attributes, media_type=message.media_type)
        return after if self.target is None else event.with_variable(self.target, self.target_value.evaluate(after))

    def _outgoing(self, event: Event) -> Any:
        from multidict import CIMultiDict
        from yarl import URL

        from processors.http._client import Outgoing

        method = str(self.method.evaluate(event)).upper()
        headers: CIMultiDict[str] = CIMultiDict()
        sent = checked_headers(self._config.headers.evaluate(event), "the request")
        sent |= checked_headers(self.headers.evaluate(event), "the request")
        body, media_type = None, None
        if self.body is not None:
            body, media_type = body_of(self.body.evaluate(event), sent.get("content-type"))
        elif method not in BODILESS:
            body, media_type = body_of(event.payload, sent.get("content-type") or event.media_type)
        sent.setdefault("x-correlation-id", event.correlation_id)
        if media_type:
            sent["content-type"] = media_type
        for name, value in sent.items():
            for each in value if isinstance(value, list) else [value]:
                headers.add(name.title(), each)
        return Outgoing(method, URL(self._url(event), encoded=self.url is None or not self.url.is_whole), headers, body)

    def _url(self, event: Event) -> str:
        parameters = self.uri_params.evaluate(event) or {}
        if self.url is not None:
            url = self.url.fill(event, parameters)
        else:
            path = self.path.fill(event, parameters)
            url = self._config.base + (path if path.startswith("/") else f"/{path}")
        query = self._query(event)
        return url + ("&" if "?" in url else "?") + query if query else url

    def _query(self, event: Event) -> str:
        own, shared = self.query_params.evaluate(event), self._config.query_params.evaluate(event)
        return encoded_query({**shared, **own} if shared else own)


def _shared(runtime: Runtime) -> RequestConfig:
    """The config of requests without one: all of an application share its connections."""
    config = RequestConfig()
    runtime.at_stop(config.stop)
    return config
