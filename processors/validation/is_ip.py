from __future__ import annotations

from engine import Event, Template
from engine.connectors import read_address
from processors.validation._validator import Validator, violation


class IsIp(Validator):
    """Check that a value is a text with an IPv4 or IPv6 address, full or collapsed, without a port.

    Example:
        given: {payload: {host: 10.0.0.300}}
        run:
          - validation:is-ip: {ip: "2001:db8::1"}
          - validation:is-ip: {ip: "#[payload.host]", message: host must be an IP address}
        expect: {error.type: "VALIDATION:INVALID_IP", error.description: host must be an IP address}
    """

    ip: Template
    """The address."""

    raises = (violation("INVALID_IP"),)
    rule = "a text is no IP address"

    def holds(self, event: Event) -> bool:
        return read_address(self.ip.evaluate(event)) is not None
