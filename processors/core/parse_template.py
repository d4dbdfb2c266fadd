from __future__ import annotations

from engine import Event, Mistake, Name, Operation, Template, refuse
from engine.connectors import FileTemplate


class ParseTemplate(Operation):
    """Fill in a text with `#[…]` in it; the result is a text, whatever the values of the expressions.

    The template is given here (`content`), or in a file in the folder of the flow files (`location`), which is read and
    compiled when the flow is loaded: mistakes in it are reported with their line and column there. Inside it null is
    empty, lists and maps are JSON, dates ISO 8601; `\\#[` is a literal `#[`. Values are not escaped, as HTML would
    need. Without `target` the text is the payload, and the attributes stay.

    Example:
        given: {payload: {name: Ada, orders: [{id: 7}, {id: 9}]}}
        run:
          - parse-template:
              content: |
                Dear #[payload.name],
                your orders are #[join(', ', map(&to_string(id), payload.orders))].
              target: letter
        expect: {vars.letter: "Dear Ada,\\nyour orders are 7, 9.\\n", payload.name: Ada}
    """

    content: Template | None = None
    """The template itself."""

    location: FileTemplate | None = None
    """The name of a file that holds the template, instead of content."""

    output_mime_type: Name | None = None
    """The media type of the text, such as text/html."""

    def __post_init__(self) -> None:
        if (self.content is None) == (self.location is None):
            found = "neither 'content' nor 'location'" if self.content is None else "'content' and 'location'"
            refuse([Mistake("F304", found, "one of the two")])

    async def run(self, event: Event) -> Event:
        template = self.content or self.location
        assert template is not None  # one of them is there
        text = template.text(event)
        return self.deliver_event(event, event.with_payload(text, media_type=self.output_mime_type))
