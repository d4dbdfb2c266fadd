from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import ConfigRef, Event, Mistake, Processor
from engine.connectors import (
    UNTOLD,
    Authentication,
    FlowLink,
    Runnable,
    authentications,
    cut_path,
    joined_path,
    steps_within,
)
from processors.apikit._errors import NOT_IMPLEMENTED, STATUSES, refusal
from processors.apikit._operation import Operation
from processors.apikit.config import ApiConfig


class Router(Processor):
    r"""Check a request against an OpenAPI file, and run the flow of its operation.

    The path is the part taken by the listener's trailing `*`, or the whole path if it has none. The flow is named as in
    Mule: get:\orders\(id), or more exactly post:\orders:application\json:config-name. It sees the parameters of the
    path as attributes.uriParams, and defaults of the query as attributes.queryParams.

    A request that does not fit raises APIKIT:BAD_REQUEST (400), NOT_FOUND (404), METHOD_NOT_ALLOWED (405),
    NOT_ACCEPTABLE (406) or UNSUPPORTED_MEDIA_TYPE (415); an operation without a flow raises NOT_IMPLEMENTED (501).
    Unless a handler takes it, the caller gets that status, with all violations. Authentication is left to security:*
    steps: if the file asks for it under `security`, and there is no such step before the router or in the operation's
    flow, that is a warning. Bodies of XML, CSV and NDJSON are values that are not checked against a schema.

    Example:
        configs:
          Api: {http:listener-config: {port: 8081}}
          Orders:
            apikit:config:
              api:
                openapi: 3.1.0
                paths:
                  /orders/{id}:
                    get:
                      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
        flows:
          main:
            source: {http:listener: {config-ref: Api, path: "/api/*"}}
            steps: [{apikit:router: {config-ref: Orders}}]
          get:\orders\(id): {steps: [{set-payload: {value: "order #[attributes.uriParams.id]"}}]}
        request: {method: GET, path: /api/orders/seven}
        expect: {status: 400, payload.errorType: "APIKIT:BAD_REQUEST"}
    """

    config_ref: ConfigRef[ApiConfig]
    """The name of the apikit:config."""

    raises = tuple(STATUSES)
    refuses = STATUSES

    def assigns(self) -> Mapping[str, Any]:
        return {"payload": UNTOLD, "attributes": UNTOLD, "vars.httpStatus": UNTOLD, "vars.outboundHeaders": UNTOLD}

    def leads_to(self) -> Iterator[Runnable]:
        for operation in self.config_ref.api.operations:
            yield from self._flows_of(operation)

    def describes(self) -> tuple[str, Mapping[str, Any]]:
        return self.config_ref.config_name, self.config_ref.api.described

    def doubts(self) -> Iterator[tuple[str, Mistake]]:
        """Warn of security that the API asks for and no step checks, once for each place that asks for it."""
        unasked: dict[str, list[Operation]] = {}
        for each in () if self._is_behind_authentication() else self.config_ref.api.operations:
            if each.security and not any(authentications(*self._flows_of(each))):
                unasked.setdefault(str(each.security_place), []).append(each)
        for several in unasked.values():
            first, more = several[0], f" and {len(several) - 1} more operations" if len(several) > 1 else ""
            found = f"{first.method.upper()} {first.path}{more} with 'security: {' | '.join(first.security)}'"
            expected = "security:* before the router, or in the operation's flow: the router asks nobody who they are"
            yield "config-ref", Mistake("F512", found, expected, "- security:jwt: …", first.security_place)

    def _is_behind_authentication(self) -> bool:
        """Return whether each source whose events reach the router has a flow that authenticates the caller first."""
        for flow in self.runtime.flows.values():
            is_known = getattr(flow, "source", None) is None  # called by others
            for step in steps_within(flow):
                is_known = is_known or isinstance(step.processor, Authentication)
                if step.processor is self and not is_known:
                    return False
        return True

    def _flows_of(self, operation: Operation) -> list[Runnable]:
        """Return the flows that answer for an operation, whatever the request."""
        own, flows = operation.flow_name, self.runtime.flows
        return [flow for name, flow in flows.items() if name == own or name.startswith(f"{own}:")]

    async def run(self, event: Event) -> Event:
        attributes: Any = event.attributes
        operation, uri_params = self.config_ref.api.find(attributes.get("method", ""), _path(attributes))
        media_type = operation.check(event, uri_params)
        flows = self.runtime.flows
        names = operation.flow_names(self.config_ref.config_name, media_type)
        flow = next((flows[name] for name in names if name in flows), None)
        if flow is None:
            raise refusal(NOT_IMPLEMENTED, "the operation is not implemented")
        defaults = {
            each.name: str(each.default)
            for each in operation.parameters
            if each.place == "query" and each.default is not None
        }
        query = _with(defaults, attributes.get("queryParams") or {})
        routed = event.with_attributes({**attributes, "uriParams": uri_params, "queryParams": query})
        return await FlowLink.to(flow).run(routed)


def _with(defaults: Mapping[str, str], query: Any) -> Any:
    """Return the parameters of the query, with defaults for those that are not there; names may repeat in it."""
    given = query.keys()
    lacking = {name: value for name, value in defaults.items() if name not in given}
    if isinstance(query, Mapping):
        return {**lacking, **query}
    return type(query)([*lacking.items(), *query.items()])


def _path(attributes: Mapping[str, Any]) -> str:
    """Return the path in the API, split: the part taken by the listener's `*`, or the whole (as tests may give it)."""
    told = attributes.get("requestPath", "")
    cut = cut_path(attributes.get("rawRequestPath", ""))
    rest = (attributes.get("uriParams") or {}).get("*")
    if rest is None:
        return cut if joined_path(cut) == told else told
    return f"/{_end(cut, rest)}"


def _end(cut: str, rest: str) -> str:
    """Return the end of a split path that reads like this text; it is as long."""
    end = cut[len(cut) - len(rest) :]
    return end if joined_path(end) == rest else rest
