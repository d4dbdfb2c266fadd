"""Global elements that are no configs: properties, settings, imports; and what has no counterpart and needs none."""

from __future__ import annotations

from engine.mule.conversion.rule import Rule

IGNORED = {
    "api-gateway:autodiscovery": "policies of API Manager are not applied here",
    "apikit:console": "engine serve --docs shows the API at /docs",
    "import": "all files of an application are loaded together",
    "mule-ss:security-manager": "callers are checked by security:* steps",
    "file:config": "its working directory stands in the steps",
    "validation:config": "it names regional settings that no validator here needs",
    "tls:context": "it is part of the configs that name it",
    "tracking:custom-event": "there is no business event store",
    "tracking:transaction": "there is no business event store",
}
"""What is left out, with the reason why that makes no difference."""

IGNORED_STEPS = [Rule(name, no_matter="", finish=None) for name in ("tracking:custom-event", "tracking:transaction")]
SETTINGS = {
    "defaultErrorHandler-ref": "text",
    "defaultResponseTimeout": "number",
    "shutdownTimeout": "number",
}
