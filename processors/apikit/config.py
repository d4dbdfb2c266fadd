from __future__ import annotations

from engine import Config
from processors.apikit._api import Api


class ApiConfig(Config):
    r"""An API described by an OpenAPI 3.x file; apikit:router refers to it by config-ref.

    The file lies in the folder of the flow files. Its references lead to places inside it. Mistakes in it are reported
    when the flows are loaded; an operation without a flow is a warning.

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
        request: {method: GET, path: /api/orders/7}
        expect: {status: 200, payload: order 7}
    """

    api: Api
    """The name of the OpenAPI file, in YAML or JSON; or the contents of such a file."""
