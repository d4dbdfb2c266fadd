"""HTTP: listeners, requests, their configs."""

from __future__ import annotations

from typing import Any

from engine.expressions.digits import is_digits
from engine.mule.conversion.children import content, melted, within
from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import FromChild, Params, Rule
from engine.mule.conversion.texts import converted, flag, is_expression, number, value_of
from engine.mule.elements.common import RECONNECTION, REDELIVERY, operation
from engine.mule.elements.web.paths import as_expression, as_path, interpolated, is_computed, operand_of, with_names
from engine.mule.elements.web.tls import OF_LISTENERS, OF_REQUESTS, context_of
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

OK = 200
FAILED = 500
REASON = "#[output text/plain --- error.description]"
PAYLOAD = "#[payload]"
URL_AND_CONFIG = Advice(
    "what a config says of another host does not go to a url of its own", "a config for that host, and a path", "S"
)
SEGMENTS = "an expression in a path is one segment here: what is empty is refused, and a slash in it goes out as %2F"
OF_REQUESTS_TOO = ("responseTimeout", "followRedirects")
LOST = ("tls:context", "http:authentication", "http:proxy-config")
DEFAULTS = {"http:default-headers": "headers", "http:default-query-params": "query-params"}
ADDRESS = ("host", "port", "protocol", "basePath")
BODILESS = ("GET", "HEAD", "OPTIONS")
WITHOUT_BOUND = -1
FORCED_TYPE = Advice("bodies are read by their Content-Type, JSON without one", "read() in the step behind it", "S")
NO_LOGIN = Advice("there is no such authentication", "basic, bearer or OAuth client credentials", "M")
CORRELATION = Advice(
    "a request goes out with the correlation id of its event", "tracing:with-correlation-id around it", "S"
)


def pairs(parameter: str, *, key: str = "key", value: str = "value") -> FromChild:
    """Return what makes a map of a child: an expression, or an entry for each element in it."""

    def convert(conversion: Conversion, node: Node) -> Params:
        if not node.elements:
            return content(parameter)(conversion, node)
        return {parameter: {_first(each, key, "headerName"): value_of(_first(each, value)) for each in node.elements}}

    return convert


def _first(node: Node, *names: str) -> str:
    return next((node.attributes[name] for name in names if name in node.attributes), "")


# Listening

RESPONSE = Rule(
    "http:response",
    texts="statusCode reasonPhrase",
    children={"http:headers": pairs("headers"), "http:body": content("body")},
    has_label=False,
)


def _listener(conversion: Conversion, node: Node, params: Params) -> Any:
    """Add what holds in Mule if the XML says nothing: 200 with the payload, 500 with the error's description."""
    response, failed = params.pop("response", {}), params.pop("error-response", {})
    params["path"] = _rooted(str(params.get("path", "/")))
    if response.get("body") == PAYLOAD:
        del response["body"]
    params["response"] = {"statusCode": OK, **_numbered(response)}
    params["error-response"] = {"statusCode": FAILED, "body": REASON, **_numbered(failed)}
    if (media_type := params.pop("outputMimeType", "")) and "json" not in media_type:
        conversion.gap(node, "outputMimeType of http:listener", FORCED_TYPE, is_whole=False)
    return {"http:listener": params}


def _rooted(path: str) -> str:
    """Return a path with the slash that Mule puts before it."""
    return path if path.startswith(("/", "${")) else f"/{path}"


def _numbered(response: Params) -> Params:
    status = str(response.get("statusCode", ""))
    return {**response, "statusCode": int(status)} if is_digits(status) else response


SOURCES = [
    Rule(
        "http:listener",
        names="path allowedMethods",
        texts="outputMimeType",
        refs={"config-ref": "http:listener-config"},
        children={
            "http:response": within("response", RESPONSE),
            "http:error-response": within("error-response", RESPONSE),
            "redelivery-policy": REDELIVERY,
        },
        no_matter="responseStreamingMode primaryNodeOnly outputEncoding reconnect reconnect-forever",
        finish=_listener,
    )
]


def _cors(conversion: Conversion, node: Node) -> Params:
    """Return who may call from other origins: all origins of the interceptor together."""
    cors: Params = {"origins": []}
    for each in node.walk():
        if each.name == "http:public-resource":
            cors["origins"] = ["*"]
        elif each.name == "http:origin":
            cors["origins"].append(each.get("url"))
            if each.get("accessControlMaxAge"):
                cors["maxAge"] = f"{each.get('accessControlMaxAge')}s"
        elif each.name == "http:method":
            cors.setdefault("methods", []).append(each.get("methodName"))
        elif each.name == "http:header":
            exposed = each in [
                inner for outer in node.walk() for inner in outer.all("http:header") if "expose" in outer.name
            ]
            cors.setdefault("exposeHeaders" if exposed else "headers", []).append(each.get("headerName"))
    credentials = next((each for each in node.walk() if each.get("allowCredentials") == "true"), None)
    if credentials is not None and "*" not in cors["origins"]:
        cors["credentials"] = True
    return {
        "cors": {name: list(dict.fromkeys(value)) if isinstance(value, list) else value for name, value in cors.items()}
    }


LISTENER_CONNECTION = Rule(
    "http:listener-connection",
    names="host protocol tlsContext",
    numbers="port readTimeout connectionIdleTimeout",
    children={"tls:context": lambda conversion, node: {"tls": context_of(conversion, node, OF_LISTENERS)}},
    no_matter="usePersistentConnections reconnection",
    has_label=False,
)
DISTURBED = Advice("the certificate is not there as PEM files", "tls: {certificate: …, key: …} of the config", "S")


def _listener_config(conversion: Conversion, node: Node, params: Params) -> Any:
    _use_context(conversion, node, params, OF_LISTENERS)
    params.pop("protocol", None)
    if base := params.get("basePath"):
        params["basePath"] = _rooted(base)
    return {"http:listener-config": {name: value for name, value in params.items() if value not in ({}, None)}}


def _use_context(conversion: Conversion, node: Node, params: Params, kind: str) -> None:
    """Put the TLS context that a connection names into its config."""
    if name := params.pop("tlsContext", ""):
        context = conversion.globals.find("tls:context", name)
        if context is None:
            conversion.refer("tls:context", name, node)
        else:
            params["tls"] = context_of(conversion, context, kind)
    if params.get("tls") == {}:
        del params["tls"]


# Asking others

AUTHENTICATION = Rule(
    "http:authentication",
    children={
        "http:basic-authentication": within(
            "basic-authentication",
            Rule("http:basic-authentication", texts="username password", no_matter="preemptive", has_label=False),
        ),
        "oauth:client-credentials-grant-type": within(
            "client-credentials-grant-type",
            Rule(
                "oauth:client-credentials-grant-type",
                texts="clientId clientSecret tokenUrl scopes",
                flags="encodeClientCredentialsInBody",
                no_matter="refreshTokenWhen tokenManager responseAccessToken responseExpiresIn defaultHeaders "
                "oauth:token-manager-config oauth:token-manager tls:context tlsContext",
                has_label=False,
            ),
        ),
    },
    unfit={"http:digest-authentication": NO_LOGIN, "http:ntlm-authentication": NO_LOGIN},
    has_label=False,
)
PROXY = Rule(
    "http:proxy", texts="host username password nonProxyHosts", numbers="port", no_matter="ntlmDomain", has_label=False
)
REQUEST_CONNECTION = Rule(
    "http:request-connection",
    names="host protocol tlsContext",
    numbers="port maxConnections connectionIdleTimeout",
    flags="usePersistentConnections",
    children={
        "reconnection": RECONNECTION,
        "http:authentication": within("authentication", AUTHENTICATION),
        "tls:context": lambda conversion, node: {"tls": context_of(conversion, node, OF_REQUESTS)},
        "http:proxy-config": melted(
            Rule("http:proxy-config", children={"http:proxy": within("proxy", PROXY)}, has_label=False)
        ),
        "http:client-socket-properties": melted(
            Rule(
                "http:client-socket-properties",
                children={
                    "sockets:tcp-client-socket-properties": melted(
                        Rule(
                            "sockets:tcp-client-socket-properties",
                            numbers="connectionTimeout",
                            no_matter="clientTimeout sendTcpNoDelay keepAlive linger sendBufferSize receiveBufferSize",
                            has_label=False,
                        )
                    )
                },
                has_label=False,
            )
        ),
    },
    no_matter="streamResponse responseBufferSize",
    has_label=False,
)


def _request_config(conversion: Conversion, node: Node, params: Params) -> Any:
    _use_context(conversion, node, params, OF_REQUESTS)
    if is_computed(_base(node)):  # its requests have a url that says it
        params = {name: value for name, value in params.items() if name not in ADDRESS}
    if params.get("maxConnections") == WITHOUT_BOUND:
        del params["maxConnections"]
    if params.pop("enableCookies", False) is True:
        conversion.note(node, "enableCookies", "cookies are not kept here: a flow that needs them passes them on")
    return {"http:request-config": params}


CONFIGS = [
    Rule(
        "http:listener-config",
        texts="basePath",
        children={
            "http:listener-connection": melted(LISTENER_CONNECTION),
            "http:listener-interceptors": melted(
                Rule("http:listener-interceptors", children={"http:cors-interceptor": _cors}, has_label=False)
            ),
        },
        known="name",
        finish=_listener_config,
    ),
    Rule(
        "http:request-config",
        texts="basePath sendCorrelationId",
        numbers="responseTimeout",
        flags="followRedirects enableCookies",
        children={
            "http:request-connection": melted(REQUEST_CONNECTION),
            "http:default-headers": pairs("headers"),
            "http:default-query-params": pairs("query-params"),
        },
        known="name",
        no_matter="preserveHeadersCase requestStreamingMode sendBodyMode expiration-policy",
        finish=_request_config,
    ),
]
VALIDATOR = Rule(
    "http:response-validator",
    children={
        "http:success-status-code-validator": lambda conversion, node: {"success-status-code": node.get("values")},
        "http:failure-status-code-validator": lambda conversion, node: {"failure-status-code": node.get("values")},
    },
    has_label=False,
)


def _request(conversion: Conversion, node: Node, params: Params) -> Any:
    mode = params.pop("sendBodyMode", "AUTO")
    if mode == "NEVER":
        params["body"] = None
    elif mode == "ALWAYS" and str(params.get("method", "GET")).upper() in BODILESS:
        params.setdefault("body", PAYLOAD)
    if params.get("body") == PAYLOAD and str(params.get("method", "GET")).upper() not in BODILESS:
        del params["body"]
    if params.pop("correlationId", "#[correlationId]") != "#[correlationId]":
        conversion.gap(node, "correlationId of http:request", CORRELATION, is_whole=False)
    if (media_type := params.pop("outputMimeType", "")) and "json" not in media_type:
        conversion.gap(node, "outputMimeType of http:request", FORCED_TYPE, is_whole=False)
    _use_address(conversion, node, params)
    return {"http:request": params}


def _use_address(conversion: Conversion, node: Node, params: Params) -> None:
    """Write a computed path so that it keeps its slashes: here an expression in a path is one segment."""
    config = conversion.globals.find("http:request-config", params.get("config-ref", ""))
    path = str(params.get("path", ""))
    if "url" in params:
        params.pop("path", None)
        params["url"] = as_expression(params["url"])
        _leave_config(conversion, node, params, config)
    elif config is not None and is_computed(_base(config)):
        params.pop("path", None)
        names = params.pop("uri-params", {})
        path = path if is_expression(path) else _rooted(with_names(path, names))
        params["url"] = f"#[{interpolated(_base(config))} ++ {operand_of(path)}]"
    elif known := as_path(path) if is_expression(path) else path:
        params["path"] = known
        if "#[" in known:
            conversion.note(node, f"path of {node.name}", SEGMENTS)
    elif config is not None:
        params.pop("path", None)
        params["url"] = f'#["{_base(config)}" ++ {operand_of(path)}]'
        _leave_config(conversion, node, params, config)


def _leave_config(conversion: Conversion, node: Node, params: Params, config: Node | None) -> None:
    """Leave out a config that has an address of its own: a url stands beside none that has one."""
    if config is not None and not _has_address(config):
        return
    params.pop("config-ref", None)
    if config is None:
        return
    for name in OF_REQUESTS_TOO:
        if config.get(name) and name not in params:
            params[name] = number(config.get(name)) if name == "responseTimeout" else flag(config.get(name))
    params |= _with_defaults(config, params)
    lost = [each.name for each in config.walk() if each.name in LOST]
    if lost := lost or [each for each in ("tlsContext",) if any(each in inner.attributes for inner in config.walk())]:
        what = f"http:request with a url and {', '.join(lost)} of its config"
        conversion.gap(node, what, URL_AND_CONFIG, is_whole=False)


def _with_defaults(config: Node, params: Params) -> Params:
    """Return the headers and query parameters of a request with those that its config adds to each."""
    found: Params = {}
    for name, parameter in DEFAULTS.items():
        if (default := config.child(name)) is not None:
            entries = {each.get("key"): value_of(each.get("value")) for each in default.elements}
            own = params.get(parameter, {})
            if isinstance(own, dict):
                found[parameter] = {**entries, **own}
            else:
                told = ", ".join(f'"{key}": {operand_of(value)}' for key, value in entries.items())
                found[parameter] = f"#[{{{told}}} ++ {operand_of(own)}]"
    return found


def _has_address(config: Node) -> bool:
    connection = config.child("http:request-connection")
    return connection is not None and bool(connection.get("host")) and not is_computed(_base(config))


def _base(config: Node) -> str:
    connection = config.child("http:request-connection") or config
    protocol, host, port = (converted(connection.get(name)) for name in ("protocol", "host", "port"))
    base = converted(config.get("basePath")).rstrip("/")
    return f"{(protocol or 'HTTP').lower() if '$' not in protocol else protocol}://{host}{':' * bool(port)}{port}{base}"


RULES = [
    operation(
        "http:request",
        "method path url sendBodyMode sendCorrelationId correlationId outputMimeType",
        numbers="responseTimeout",
        flags="followRedirects",
        refs={"config-ref": "http:request-config"},
        children={
            "http:headers": pairs("headers"),
            "http:query-params": pairs("query-params"),
            "http:uri-params": pairs("uri-params"),
            "http:body": content("body"),
            "http:response-validator": within("response-validator", VALIDATOR),
        },
        no_matter="requestStreamingMode outputEncoding streamResponse responseBufferSize",
        finish=_request,
    )
]
