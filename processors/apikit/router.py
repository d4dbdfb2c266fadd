from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine import UNTOLD, ConfigRef, Event, FlowLink, Processor, Runnable
from processors.apikit._errors import NOT_IMPLEMENTED, STATUSES, refusal
from processors.apikit.config import ApiConfig

REST = "*"


class Router(Processor):
    r"""Check a request against an OpenAPI file, and run the flow of its operation.

    The path is what the listener's trailing `*` took, else the whole path. The flow is named as in
    Mule: get:\orders\(id), or more exactly post:\orders:application\json:config-name. It sees the
    parameters of the path as attributes.uriParams, and defaults of the query as attributes.queryParams.

    A request that does not fit raises APIKIT:BAD_REQUEST (400), NOT_FOUND (404), METHOD_NOT_ALLOWED
    (405), NOT_ACCEPTABLE (406) or UNSUPPORTED_MEDIA_TYPE (415); an operation without a flow
    NOT_IMPLEMENTED (501). Unless a handler takes it, the caller gets that status, with all violations.
    Bodies of XML, CSV and NDJSON are values, of which no schema is asked.

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
        flows = self.runtime.flows
        for operation in self.config_ref.api.operations:
            own = operation.flow_name
            yield from (flow for name, flow in flows.items() if name == own or name.startswith(f"{own}:"))

    async def run(self, event: Event) -> Event:
        attributes: Any = event.attributes
        rest = (attributes.get("uriParams") or {}).get(REST)
        path = attributes.get("requestPath", "") if rest is None else f"/{rest}"
        operation, uri_params = self.config_ref.api.find(attributes.get("method", ""), path)
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
        query = defaults | dict(attributes.get("queryParams") or {})
        routed = event.with_attributes({**attributes, "uriParams": uri_params, "queryParams": query})
        return await FlowLink.to(flow).run(routed)
