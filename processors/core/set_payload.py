from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import Event, Name, Processor, Template, prepared
from engine.connectors import Labelled, own_media_type, read_media_type


class SetPayload(Processor):
    """Make a value the payload.

    The attributes stay. A text set with a JSON mimeType is read: the payload is the value it holds.
    Without mimeType the media type that the payload had is forgotten.

    Example:
        given: {payload: {name: Ada}}
        run:
          - set-payload: {value: {greeting: "Hello #[payload.name]"}}
        expect: {payload: {greeting: Hello Ada}}
    """

    value: Template
    """The new payload; maps and lists may hold expressions at any depth."""

    mime_type: Name | None = None
    """The media type of the payload, such as application/json or text/csv; of a script in DataWeave its `output`."""

    _media_type: str | None = prepared()

    def __post_init__(self) -> None:
        self._prepare(_media_type=self.mime_type or self.value.media_type)

    def assigns(self) -> Mapping[str, Any]:
        return {"payload": Labelled(self.value.held, self._media_type)}

    def run_plain(self, event: Event) -> Event:
        payload = read_media_type(self.value.evaluate(event), self.mime_type)
        return event.with_payload(payload, media_type=self._media_type or own_media_type(payload))
