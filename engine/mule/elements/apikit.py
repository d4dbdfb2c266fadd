"""APIkit: routers and their APIs."""

from __future__ import annotations

from typing import Any

from engine.mule.apis.routes import Route, document_of, route_of
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import Params, Rule
from engine.mule.elements.common import ERROR_MAPPING
from engine.mule.reports.report import Advice
from engine.mule.writing.parts import Part
from engine.mule.xml.nodes import Node

STATUS, HEADERS = "httpStatus", "outboundHeaders"
VARIABLES = {"httpStatusVarName": STATUS, "outboundHeadersMapName": HEADERS}
IGNORED = (
    "name keepApiBaseUri keepRamlBaseUri parser disableValidations queryParamsStrictValidation "
    "headersStrictValidation apikit:flow-mappings apikit:console"
)
FROM_NAMES = "the file of the API is not there; the routes are those of the flows' names, and bodies are not checked"


def _config(conversion: Conversion, node: Node, params: Params) -> Any:
    """Return the API of a config: its file if that is OpenAPI, or the routes that the flows' names tell."""
    name, file = node.get("name"), str(params.pop("api", "") or params.pop("raml", ""))
    params.pop("raml", None)
    document = conversion.apis.document(file)
    if document is None:
        conversion.note(node, f"apikit:config {name}", FROM_NAMES)
        document = document_of(conversion.application, routes_of(conversion, node))
    return {"apikit:config": {**params, "api": document}}


def routes_of(conversion: Conversion, config: Node) -> list[Route]:
    """Return the routes of the flows that are named for a config, and of its mappings."""
    name = config.get("name")
    names = [flow for element, flow in conversion.globals.by_name if element == "flow"]
    routes = [route for flow in names if (route := route_of(flow)) and route.config in ("", name)]
    return [*routes, *(_mapped(each, name) for each in mappings_of(config))]


def mappings_of(config: Node) -> list[Node]:
    mappings = config.child("apikit:flow-mappings")
    return mappings.all("apikit:flow-mapping") if mappings is not None else []


def _mapped(node: Node, config: str) -> Route:
    return Route(node.get("action").lower(), node.get("resource"), node.get("content-type"), config)


def mapped_flows(conversion: Conversion, config: Node) -> dict[str, Part]:
    """Return a flow for each mapping, with the name that the router looks for, which calls the flow of the mapping."""
    flows = {}
    for each in mappings_of(config):
        target = each.get("flow-ref")
        name = _mapped(each, config.get("name")).flow_name
        if target and name != target:
            conversion.refer("flow", target, each)
            flows[name] = Part({"steps": [Part({"flow-ref": {"name": target}}, each)]}, each)
    return flows


def _router(conversion: Conversion, node: Node, params: Params) -> Any:
    return {"apikit:router": params}


CONSOLE = Advice("there is no console", "engine serve --docs answers GET /docs")


def _console(conversion: Conversion, node: Node, params: Params) -> Any:
    conversion.note(node, node.name, "engine serve --docs shows the API at /docs")
    return None


RULES = [
    Rule(
        "apikit:router",
        refs={"config-ref": "apikit:config"},
        children={"error-mapping": ERROR_MAPPING},
        no_matter="attributesHeadersStrategy target targetValue",
        finish=_router,
    ),
    Rule("apikit:console", no_matter="config-ref", finish=_console),
]
CONFIGS = [
    Rule(
        "apikit:config",
        texts="api raml",
        no_matter=f"{IGNORED} {' '.join(VARIABLES)}",
        finish=_config,
    )
]
