"""Java and scripts: python steps that must be written."""

from __future__ import annotations

import re
from dataclasses import astuple
from typing import Any

from engine.mule.conversion.conversion import NOT_SUPPORTED, Conversion, raising
from engine.mule.conversion.rule import Params
from engine.mule.conversion.texts import converted, value_of
from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

ADVICE = {
    "java": Advice("Java does not run here", "write the function in {}.py", "M"),
    "scripting": Advice("no such script runs here", "write the function in {}.py", "M"),
}
FUNCTION = '''\
def {name}(event: Event) -> Any:
    """Do what {what} did; its XML was:

{source}
    """
    raise FlowError("{error}", "{what} is not written yet")
'''
HEAD = '''\
"""What Java and scripts did in Mule: functions of `python` steps that must be written."""

from typing import Any

from engine import Event, FlowError
'''


def _python(conversion: Conversion, node: Node) -> Any:
    """Return a step that calls a function of the same name, which raises until it is written."""
    what = " ".join(filter(None, (node.name, node.get("class"), node.get("method"))))
    why, instead, effort = astuple(ADVICE[node.namespace])
    module = module_of(conversion.application)
    with conversion.noting() as gaps:
        conversion.gap(node, what, Advice(why, instead.format(module), effort))
    name = _name(conversion, node)
    source = "\n".join(f"    {line}" for line in node.source.replace("\\", "\\\\").replace('"""', "'''").splitlines())
    conversion.functions[name] = FUNCTION.format(name=name, what=what, source=source, error=NOT_SUPPORTED)
    params: Params = {"doc:name": node.get("doc:name")} if node.get("doc:name") else {}
    params |= {"function": f"{module}:{name}", "raises": [NOT_SUPPORTED]}
    for each in ("target", "targetValue"):
        if node.get(each):
            params[each] = value_of(converted(node.get(each)))
    part = raising(*gaps[0], node)
    part.value = {"python": params}
    return part


def _name(conversion: Conversion, node: Node) -> str:
    words = [node.get("class").rpartition(".")[2], re.sub(r"\(.*", "", node.get("method"))]
    label = "_".join(filter(None, words)) or node.get("doc:name") or node.local_name
    name = re.sub(r"[^0-9a-z_]+", "_", label.lower()).strip("_") or "function"
    name = f"f_{name}" if name[0] in "0123456789" else name
    count = 1 + sum(each == name or each.startswith(f"{name}_") for each in conversion.functions)
    return name if count == 1 else f"{name}_{count}"


def module_of(application: str) -> str:
    """Return the name of the module with the functions of an application."""
    name = re.sub(r"[^0-9a-z_]+", "_", application.lower()).strip("_") or "application"
    return f"{name if name.isidentifier() else f'app_{name}'}_functions"


NAMES = ("java:invoke", "java:invoke-static", "java:new", "java:validate-type", "scripting:execute")
WRITTEN = dict.fromkeys(NAMES, _python)
