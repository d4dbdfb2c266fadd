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

OK = 200
STATUS, HEADERS = "httpStatus", "outboundHeaders"
VARIABLES = {"httpStatusVarName": STATUS, "outboundHeadersMapName": HEADERS}
IGNORED = "keepApiBaseUri keepRamlBaseUri parser queryParamsStrictValidation headersStrictValidation"
NO_API = Advice(
    "its file does not serve; the routes are those of the flows' names, and requests are not checked",
    "add the file of the API to src/main/resources, and import again",
    "S",
)


def _config(conversion: Conversion, node: Node, params: Params) -> Any:
    """Return the API of a config: its file, or the routes that the flows' names tell."""
    file = str(params.pop("api", "") or params.pop("raml", ""))
    params.pop("raml", None)
    document: Any = conversion.apis.document(file)
    for loss in conversion.apis.losses:
        conversion.note(node, f"API of {node.get('name')}", loss)
    if document is None:
        why = (
            f"{file}: {conversion.apis.problem}; the routes are those of the flows' names, and requests are not checked"
        )
        conversion.report.add_gap(node, f"API of {node.get('name')}", Advice(why, NO_API.instead, "S"))
    if document is None or node.get("disableValidations") == "true":
        document = document_of(conversion.application, routes_of(conversion, node))
    return {"apikit:config": {**params, "api": document}}


def usual_statuses(conversion: Conversion, config: Node) -> dict[str, int]:
    """Return the first success that an API has for each operation, if it is not 200, by the names of flows."""
    params = config.attributes.get("api") or config.attributes.get("raml") or ""
    document = conversion.apis.known.get(conversion.apis.document(params) or "", {})
    found = {}
    for route in routes_of(conversion, config):
        operation = (document.get("paths", {}).get(route.path) or {}).get(route.method) or {}
        status = next((int(each) for each in operation.get("responses", {}) if str(each).startswith("2")), OK)
        if status != OK:
            found[route.flow_name] = status
    return found


def default_status(config: Node, status: int) -> Part:
    """Return the step at the end of an operation's flow that sets the status, unless the flow has."""
    name = config.get("httpStatusVarName", STATUS)
    step = {"set-variable": {"variableName": name, "value": f"#[vars.{name} default {status}]"}}
    return Part(
        step, config, ["The first success of the API, which APIkit answers unless the flow sets another."], "step"
    )


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
        known="name apikit:flow-mappings apikit:console disableValidations " + " ".join(VARIABLES),
        no_matter=IGNORED,
        finish=_config,
    )
]
