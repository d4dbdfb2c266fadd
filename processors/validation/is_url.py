from __future__ import annotations

from urllib.parse import urlsplit

from engine import Event, Template
from engine.limits import LONGEST_URL
from processors.validation._validator import Validator, violation

SCHEMES = frozenset({"http", "https", "ftp", "ftps", "sftp", "ws", "wss"})


class IsUrl(Validator):
    """Check that a value is a text with an absolute URL: http, https, ftp, ftps, sftp, ws or wss, and a host.

    White space, control characters and ports that do not exist do not hold; nor do relative URLs, `file:` and
    `javascript:`. At most 8,192 characters. It is not checked whether the URL leads anywhere, or may be called.

    Example:
        given: {payload: {callback: example.org/done}}
        run:
          - validation:is-url: {url: "https://example.org/done?id=7"}
          - validation:is-url: {url: "#[payload.callback]", message: callback must be a URL}
        expect: {error.type: "VALIDATION:INVALID_URL", error.description: callback must be a URL}
    """

    url: Template
    """The URL."""

    raises = (violation("INVALID_URL"),)
    rule = "a text is no URL"

    def holds(self, event: Event) -> bool:
        value = self.url.evaluate(event)
        if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isprintable() or " " in value:
            return False
        try:
            parts = urlsplit(value)
            return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
        except ValueError:  # an invalid port or IPv6 address
            return False
