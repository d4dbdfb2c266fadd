"""`engine explain`: pages on the contents of files, derived from the classes that read them, and on mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import fill, indent
from typing import TYPE_CHECKING, Any

from engine.loading.loader import Configuration, SubFlow
from engine.loading.project import EXAMPLES, FILE, SECTION
from engine.loading.sections import SECTIONS
from engine.manual.pages import Entry, entries
from engine.parameters.reader import ROOTS
from engine.steps.flow import Flow
from engine.values.errors import ERROR_FIELDS

if TYPE_CHECKING:
    from engine.manual.mistakes import MistakePage

WIDTH = 100

FLOW_EXAMPLE = """\
properties: {greeting: Hello}

configs:
  Api: {http:listener-config: {port: "${http.port:8081}"}}

flows:
  hello:
    source: {http:listener: {config-ref: Api, path: "/hello/{name}", allowedMethods: GET}}
    steps:
      - flow-ref: {name: greet}
    error-handler:
      - on-error-propagate: {type: "VALIDATION:*", steps: [{set-variable: {variableName: httpStatus, value: 422}}]}

sub-flows:
  greet:
    steps:
      - validation:is-not-blank-string: {value: "#[attributes.uriParams.name]"}
      - set-payload: {value: {text: "${greeting} #[attributes.uriParams.name]"}}
"""

TEST_EXAMPLE = """\
set: {greeting: Hi}

cases:
  it greets: {get: /hello/Ada, expect: {payload.text: Hi Ada}}
  it refuses a blank:
    get: /hello/{name}
    given: {uriParams: {name: " "}}
    expect: {status: 422, error: "VALIDATION:BLANK_STRING", payload.detail: {$contains: blank}}
  it goes ${way}:
    each: [{way: by the step, of: flow-ref}, {way: by its path, of: hello/steps/0}]
    get: /hello/Ada
    mock: [{processor: "${of}", return: {payload: nobody}}]
    expect: {payload: nobody, calls: [{processor: set-payload, times: 0}]}
"""


@dataclass(frozen=True)
class Section:
    """A part of a page: a paragraph, or under a title names, parameters, or an example in YAML."""

    title: str = ""
    text: str = ""
    names: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Entry, ...] = ()
    example: str = ""

    def printed(self) -> str:
        parameters = "\n".join(line for entry in self.parameters for line in entry.lines("  "))
        body = parameters or self.example.rstrip() or (_listed(self.names) if self.names else _text(self.text))
        return _titled(self.title, body) if self.title else body


def _parameters(title: str, cls: type[Any], **options: Any) -> Section:
    return Section(title, parameters=tuple(entries(cls, **options)))


def _flow_file() -> Iterator[Section]:
    yield Section(
        text="A flow file is YAML 1.2. All files of a folder make one application: names are shared, the order of "
        "files and names does not matter. What ends in .test.yaml is a test file, what has `openapi` at its top an API."
    )
    yield Section("At its top may stand:", names=SECTIONS)
    yield _parameters("A flow:", Flow, without={"name"})
    yield _parameters("A sub-flow:", SubFlow)
    yield _parameters("configuration:", Configuration)
    yield Section(
        text="A step is a map with one key, the name of an element, and its parameters under it; `engine processors` "
        "lists them, `engine processors show NAME` has the page of one. doc:name among the parameters is a label."
    )
    yield Section(
        text="#[…] holds an expression (JMESPath and more: `engine functions`). Alone in a text it keeps its type, "
        f"inside other text it becomes text. It sees {', '.join(ROOTS)}. ${{name}} and ${{name:default}} are filled in "
        "when the file is loaded: from --set, the environment (${db.url}: DB_URL), config/ENV.yaml, property files, "
        "properties; ${env:X} is a variable, ${file:/run/secrets/x} the text of a file. "
        "\\#[ and \\${ are those characters."
    )
    yield Section(text=f"In an error handler `error` has {', '.join(ERROR_FIELDS)}.")
    yield Section("Example:", example=FLOW_EXAMPLE)


def _test_file() -> Iterator[Section]:
    from engine.testing.expected.matchers import MATCHERS
    from engine.testing.files.case import Case, Given, Request, Settings, Suite

    yield Section(
        text="A test file stands beside the flows that it tests, is called NAME.test.yaml, and is run by `engine test` "
        "or pytest. It may have flows, configs and properties of its own, and beside them:"
    )
    yield _parameters("", Suite, nests=False)
    shared = vars(Settings)["__pydantic_fields__"]
    title = f"A case; {', '.join(shared)} of the file are for all cases that say nothing else:"
    yield _parameters(title, Case, nests=False, without=shared)
    yield _parameters("given:", Given)
    yield _parameters("request:", Request)
    yield Section(
        text="On the left of `expect` stand expressions, which see the event that was left, and status, headers, body, "
        f"mediaType, given; on the right values, or at any depth one of {', '.join(MATCHERS)}. `calls` counts calls: "
        "[{processor, with, times}]. An error of which no line speaks fails the case."
    )
    yield Section(
        text="`processor` of mock, spy, faults and calls is the name of an element, a doc:name, or a path such as "
        "flow/steps/0; `with` has parameters of the call, as values or matchers."
    )
    yield Section("Example, for the flow file of `engine explain flow-file`:", example=TEST_EXAMPLE)


def _project_file() -> Iterator[Section]:
    yield Section(
        text=f"What stands under {SECTION} of a {FILE}, that of the folder of the flows or the nearest one above it, "
        "counts for each command as if it stood on its line. What does stand there, and what a test file says, wins."
    )
    yield Section("Its keys:", names={key: f"such as {example}" for key, example in EXAMPLES.items()})


PAGES: Mapping[str, Callable[[], Iterator[Section]]] = {
    "flow-file": _flow_file,
    "test-file": _test_file,
    "project-file": _project_file,
}
"""The page of each topic, in sections."""


def page_of(topic: str) -> str:
    """Return the page of a topic, which is one of PAGES."""
    return "\n\n".join([topic, *(section.printed() for section in PAGES[topic]())])


def page_of_mistake(page: MistakePage) -> str:
    """Return the page of a mistake, in printed form."""
    sections = [_titled(title, indent(text.rstrip(), "  ")) for title, text in page.sections()]
    return "\n\n".join([page.code, _text(page.means), *sections])


def _text(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _titled(title: str, body: str) -> str:
    return f"{title}\n{body if body.startswith('  ') else indent(body, '  ')}"


def _listed(entries: Mapping[str, Any]) -> str:
    wide = max(map(len, entries))
    return "\n".join(f"  {name:{wide}}  {told}" for name, told in entries.items())
