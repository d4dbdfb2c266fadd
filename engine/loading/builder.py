"""From the data of flow files to elements: the services that parameters use while they are validated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from engine.expressions import JMESPATH
from engine.expressions.language import Language
from engine.expressions.suggestion import did_you_mean
from engine.loading.catalog import Catalog, CatalogError
from engine.loading.explain import Explainer, parameter_names, place_of
from engine.loading.files.data import Map, Sequence
from engine.loading.files.document import TextFile
from engine.loading.files.place import Place
from engine.loading.mentions import Mention, Mentions, mention
from engine.parameters.element import Element
from engine.parameters.expression import Written
from engine.parameters.files import ResourceError, Resources
from engine.parameters.loading import Loading, Several
from engine.parameters.mistake import Mistake, mistakes_of, refuse, shown
from engine.parameters.reader import Reach
from engine.parameters.text import Text
from engine.plan.inside import reachable
from engine.steps.chain import Chain, Step
from engine.steps.error_handler import ErrorHandler, OnError
from engine.steps.processor import Processor, Targeted
from engine.steps.trees import paths
from engine.values.errors import ErrorType, error_type
from engine.work.nesting import Runnable
from engine.work.runtime import Runtime

KIND_WORDS = {"Processor": "a step", "Source": "a source", "Config": "a config", "OnError": "an error handler"}
EXAMPLES = {
    "Processor": "- ELEMENT: {PARAMETER: …}",
    "Source": "ELEMENT: {PARAMETER: …}",
    "Config": "ELEMENT: {PARAMETER: …}",
    "OnError": "- on-error-continue: {type: …, steps: […]}",
}
MOST_LISTED = 8
"""How many elements a message lists."""


class Builder:
    """Builds elements; it is the Loading of their parameters.

    Mistakes are noted, not raised, so that all are found in one pass. References to flows and error types are noted,
    and checked when all files are read.
    """

    def __init__(
        self,
        catalog: Catalog,
        reach: Reach,
        flows: Mapping[str, Runnable],
        runtime: Runtime,
        resources: Resources,
        languages: Mapping[str, Language],
        warnings: list[Mistake],
    ) -> None:
        """languages: the expression languages of files that are not in JMESPath. warnings: to which it adds its own."""
        self.catalog = catalog
        self.reach = reach
        self.mistakes: list[Mistake] = []
        self.crowded: list[Mistake] = []
        """Those of elements that cannot live beside the others of the application."""
        self.warnings = warnings
        self.mentions = Mentions(catalog)
        self.configs: dict[str, Any] = {}
        self.flows = flows
        self.runtime = runtime
        self.resources = resources
        self.steps: list[Step] = []
        """All steps that were built, in the order of the files."""
        self.languages = languages
        self.text_files: list[TextFile] = []
        self._read_script = partial(_script, resources, self.text_files)
        """Not a method of its own: what is kept of `reach` would keep all that was loaded."""
        self.default_handler = ErrorHandler()
        self.default_name = ""
        """The name of the default handlers, once all lists of handlers are built."""
        self.handler_lists: dict[str, Sequence] = {}
        self.handlers_by_name: dict[str, ErrorHandler] = {}
        self._open_handlers: list[str] = []
        self.owner = ""
        self.objecting: list[tuple[Element, Map, Place]] = []
        """The elements that may object or doubt once all flows are there."""
        self.places: dict[int, Place] = {}
        """The places of the elements that measure something, by their `id`."""

    def enter(self, owner: str, place: Place) -> None:
        """Note that the next elements belong to this flow, sub-flow, config or handler list, in the place's file."""
        self.owner = owner
        language = self.languages.get(place.file, JMESPATH)
        self.reach = replace(self.reach, flow={"name": owner}, language=language, script=self._read_script)

    @property
    def has_mistakes(self) -> bool:
        return bool(self.mistakes or self.crowded)

    def note(self, code: str, found: str, expected: str = "", write: str = "", place: Place | None = None) -> None:
        self.mistakes.append(Mistake(code, found, expected, write, place))

    # Elements

    def element(self, entry: Any, kind: type[Element], where: str, place: Place) -> Any:
        """Build the element that a mapping of one key names; None, with its mistakes noted, if that fails."""
        if not isinstance(entry, Map) or not entry:
            self._no_element(entry, kind, where, place)
            return None
        name = next((key for key in entry if key in self.catalog), next(iter(entry)))
        element = self._class(name, kind, where, entry.places[name][0])
        if element is None:
            return None
        others = [key for key in entry if key != name]
        if others:
            self._second_key(name, others, entry)
        return self._validated(element, entry, name, [key for key in others if key not in self.catalog])

    def _no_element(self, entry: Any, kind: type[Element], where: str, place: Place) -> None:
        is_name = isinstance(entry, str) and entry in self.catalog
        found = f"{shown(entry)} without its ':'" if is_name else "nothing" if entry in (None, {}) else shown(entry)
        example = EXAMPLES[kind.__name__]
        write = example.replace("ELEMENT", entry) if is_name else example
        expected = f"{KIND_WORDS[kind.__name__]}: the name of an element, with its parameters under it"
        self.note("F107", f"{found} in {where}", expected, write, place)

    def _class(self, name: str, kind: type[Element], where: str, place: Place) -> type[Element] | None:
        if name not in self.catalog:
            close = self._called_elsewhere(name) or did_you_mean(name, self.catalog.names())
            self.note("F102", f"unknown element '{name}' in {where}", self._any_of(kind), close, place)
            return None
        try:
            element = self.catalog[name]
        except CatalogError as error:
            self.note("F110", f"'{name}': {error}", "a module with one element", "", place)
            return None
        if not issubclass(element, kind):
            found = f"'{name}', which is not {KIND_WORDS[kind.__name__]}, in {where}"
            self.note("F109", found, self._any_of(kind), "", place)
            return None
        return element

    def _called_elsewhere(self, name: str) -> str:
        """Return the element that has this name in other languages; empty if there is none."""
        return next((known for known, element in self.catalog.elements() if name in element.also_called), "")

    def _any_of(self, kind: type[Element]) -> str:
        """List the elements of a kind, if they are few."""
        names = [name for name, element in self.catalog.elements() if issubclass(element, kind)]
        word = KIND_WORDS[kind.__name__]
        return f"{word}: {', '.join(names)}" if len(names) <= MOST_LISTED else f"{word} that `engine processors` lists"

    def element_name(self, cls: type[Element]) -> str:
        """Return the name of a class in flow files; for a base that is not an element, the names of its elements."""
        elements = list(self.catalog.elements())
        exact = [name for name, element in elements if element is cls]
        kinds = exact or [name for name, element in elements if issubclass(element, cls)]
        return " or ".join(kinds) or cls.__name__

    def _second_key(self, name: str, others: list[str], entry: Map) -> None:
        """Note the second key beside an element: another element, or parameters that are indented too little."""
        elements = [other for other in others if other in self.catalog]
        for other in elements:
            write = f"- {other}: … as a step of its own"
            self.note(
                "F107", f"a second element '{other}' beside '{name}'", "one a step", write, entry.places[other][0]
            )
        parameters = [other for other in others if other not in elements]
        if parameters:
            found = f"'{parameters[0]}' beside '{name}', not under it"
            write = f"{', '.join(parameters)} further in than {name}"
            place = entry.places[parameters[0]][0]
            self.note("F107", found, f"the parameters of {name} indented deeper than its name", write, place)

    def _validated(self, element: type[Element], entry: Map, name: str, beside: list[str]) -> Any:
        key_place, value_place = entry.places[name]
        parameters = Map(key_place) if entry[name] is None else entry[name]
        if not isinstance(parameters, Map):
            first = next((key for key in parameter_names(element) if key != "doc:name"), "…")
            write = f"{name}: {{{first}: …}}"
            found = f"{shown(parameters)} right behind '{name}'"
            self.note("F303", found, f"a map of the parameters of {name}", write, value_place)
            return None
        parameters = parameters.with_entries_of(entry, *beside) if beside else parameters
        return self.parameters(element, parameters, f"'{name}'", key_place)

    def _leave_payloads(self, built: Element) -> None:
        """Leave payloads to the expressions, which read them."""
        if leave := getattr(built, "leave_payloads", None):
            leave()  # a source, or an operation that receives bodies
        if isinstance(built, Targeted):
            built.keep_media_type(self.reach)

    def parameters(self, cls: type[Any], parameters: Map, name: str, place: Place, given: Collection[str] = ()) -> Any:
        """Return an instance of the class; None, with its mistakes noted, if a parameter is wrong."""
        context: Loading = self
        validator = cls.__pydantic_validator__
        try:
            built = validator.validate_python(parameters, context=context, by_alias=True, by_name=False)
        except ValidationError as error:
            self.mistakes += Explainer(cls, parameters, name, place, given).explain(error)
            return None
        if isinstance(built, Element):
            if self.reach.language.reads_payloads:
                self._leave_payloads(built)
            self.bring_to_life(built, place)
            if type(built).measure != Element.measure:
                self.places[id(built)] = place
            if (type(built).objections, type(built).doubts) != (Element.objections, Element.doubts):
                self.objecting.append((built, parameters, place))
        return built

    def bring_to_life(self, element: Element, place: Place) -> None:
        """Make an element one of the application; note why it cannot live beside the others there."""
        try:
            element.live_in(self.runtime)
        except PydanticCustomError as error:
            self.crowded += [replace(mistake, place=mistake.place or place) for mistake in mistakes_of(error)]

    def objections(self, *, is_sound: bool) -> Iterator[Mistake]:
        """Note the objections of elements once all flows are there.

        is_sound: whether no mistake is known. An element that looks at others may otherwise fail at broken ones.
        """
        for element, parameters, place in self.objecting:
            try:
                objections = list(element.objections())
            except Exception:
                if is_sound:
                    raise
                continue
            for parameter, mistake in objections:
                key_place, _ = parameters.places.get(parameter, (place, place))
                yield replace(mistake, place=key_place)

    def doubts(self) -> Iterator[Mistake]:
        """Note the warnings of elements once all flows are there."""
        for element, parameters, place in self.objecting:
            for parameter, mistake in element.doubts():
                key_place, _ = parameters.places.get(parameter, (place, place))
                yield replace(mistake, place=mistake.place or key_place)

    # Services for parameters

    def elements(self, holder: type[Several], value: Any) -> Several:
        """Return the chain or the error handler of a list of elements."""
        read: Any = self.chain if issubclass(holder, Chain) else self.error_handler
        held: Several = read(value)
        return held

    def chain(self, value: Any) -> Chain:
        """Return the chain of a list of steps."""
        if not isinstance(value, Sequence):
            refuse([Mistake("F303", shown(value), "a list of steps", "- logger: {message: hi}")])
        entries = zip(value, value.places, strict=True)
        steps = [step for entry, place in entries if (step := self._step(entry, place))]
        return Chain(steps, value.place.location)

    def _step(self, entry: Any, place: Place) -> Step | None:
        processor = self.element(entry, Processor, f"'{self.owner}'", place)
        if processor is None:
            return None
        name = next(iter(entry))
        processor.stand_at(place.location)
        step = Step(processor, name, place.location, Written(entry[name], self.reach))
        self.steps.append(step)
        return step

    def error_handler(self, value: Any) -> ErrorHandler:
        """Return the handlers of a list, or of the list that `{ref: NAME}` names; the default ones for None."""
        if value is None:
            is_own = self.default_name and self.default_name not in self._open_handlers  # else of a try in that list
            return self.named_handler(self.default_name, None) if is_own else self.default_handler
        if isinstance(value, Map) and list(value) == ["ref"]:
            return self.named_handler(value["ref"], value.places["ref"][1])
        if not isinstance(value, Sequence):
            expected = "a list of on-error-continue and on-error-propagate, or {ref: NAME}"
            refuse([Mistake("F303", shown(value), expected, "- on-error-continue: {type: …, steps: […]}")])
        return ErrorHandler(list(self._handlers(value)))

    def _handlers(self, entries: Sequence) -> Iterator[OnError]:
        for number, (entry, place) in enumerate(zip(entries, entries.places, strict=True), 1):
            is_last = number == len(entries)
            reference = entry.get("error-handler") if isinstance(entry, Map) else None
            if isinstance(reference, Map) and list(reference) == ["ref"]:
                yield from self.named_handler(reference["ref"], reference.places["ref"][1]).handlers
                self._check_last(is_last, "the handlers of another list, with more after them", place)
            elif handler := self.element(entry, OnError, f"an error handler of '{self.owner}'", place):
                handler.stand_at(place.location)
                is_fine = is_last or not handler.is_catch_all
                self._check_last(is_fine, "a handler that takes every error: those after it never run", place)
                yield handler

    def _check_last(self, is_fine: bool, found: str, place: Place) -> None:
        if not is_fine:
            self.note("F504", found, "this handler last in the list", "", place)

    def named_handler(self, name: Any, place: Place | None) -> ErrorHandler:
        """Return the handlers of that name under `error-handlers`, built when they are first asked for."""
        if not isinstance(name, str) or name not in self.handler_lists:
            close = did_you_mean(str(name), self.handler_lists)
            self.note("F505", f"{shown(name)} is not an error handler", "a name under error-handlers", close, place)
            return ErrorHandler()
        if name in self._open_handlers:
            self.note("F505", f"the error handler '{name}' inside itself", "another handler", "", place)
            return ErrorHandler()
        if name not in self.handlers_by_name:
            self.handlers_by_name[name] = self._handlers_of(name, name)
        handlers = self.handlers_by_name[name]
        is_one_for_all = self.has_mistakes or not reads_flow(handlers)  # with mistakes nothing runs: they are told once
        return handlers if is_one_for_all else self._handlers_of(name, self.owner)

    def _handlers_of(self, name: str, owner: str) -> ErrorHandler:
        """The handlers of a list, whose expressions see the owner as `flow`."""
        outer = self.owner, self.reach
        self.enter(owner, self.handler_lists[name].place)
        self._open_handlers.append(name)
        handlers = ErrorHandler(list(self._handlers(self.handler_lists[name])))
        self._open_handlers.pop()
        self.owner, self.reach = outer
        return handlers

    def places_in_file(self, name: str, text: str) -> Callable[[int], Place]:
        """Return the place of each character of a file beside the flow files, at which mistakes can be reported."""
        return _places_in_file(name, text, self.resources, self.text_files)

    def expect_flow(self, name: str, value: Any) -> None:
        self.mentions.flows.append(mention(name, value, self.owner))

    def want_flow(self, names: Collection[str], what: str, value: Any) -> None:
        """Note that one of these flows should exist, because somebody refers to it: otherwise a warning."""
        self.mentions.wanted.append((names, mention(what, value, self.owner)))

    def expect_error_types(self, entries: Iterable[tuple[str, Any, int]]) -> None:
        """Note types that handlers name: each with its place, and the offset there."""
        self.mentions.error_types += [
            Mention(name.strip(), place, self.owner, offset) for name, place, offset in entries
        ]

    def known_type(self, name: str) -> ErrorType | None:
        """Return the type of that name, which elements declare or flows raise."""
        return self.mentions.known_type(name) or self.mentions.raised.get(str(error_type(name)))

    def raised_type(self, name: str, value: Any) -> ErrorType:
        """Return the type that raise-error, error-mapping or python names; a new one becomes known by being named."""
        known = self.mentions.known_type(name)
        if known and known.namespace != "MULE":
            found = f"the type {known}, which belongs to a connector, raised by the flow"
            self.warnings.append(Mistake("F507", found, "a type of your own", "", place_of(value)))
        raised = known or error_type(name)
        return self.mentions.raised.setdefault(str(raised), raised)


def reads_flow(handlers: ErrorHandler) -> bool:
    """Whether an expression in the handlers reads `flow`: then each flow that uses them has its own."""
    return any(path[0] == "flow" for path in paths(each for each in reachable(handlers) if isinstance(each, Element)))


def _places_in_file(name: str, text: str, resources: Resources, text_files: list[TextFile]) -> Callable[[int], Place]:
    path = resources.find(name) or Path(name)
    here = Path().resolve()
    file = TextFile(str(path.relative_to(here) if path.is_relative_to(here) else path), text, name)
    text_files.append(file)
    return lambda offset: file.exact_place(file.start(), offset)


def _script(resources: Resources, text_files: list[TextFile], name: Text) -> Text:
    """Return the text of a file with a script, at whose places mistakes are told."""
    try:
        text = resources.read(name)
    except ResourceError as error:
        expected = "a file with a script in the folder of the flow files"
        refuse([Mistake("F303", f"{shown(name)}, {error.wrong},", expected, place=name.place)])
    return Text(text, _places_in_file(str(name), text, resources, text_files)(0))
