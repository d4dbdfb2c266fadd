from __future__ import annotations

from processors.validation._addresses import Addresses, IpFilter


class IsAllowedIp(IpFilter):
    """Check that an IP address is in a list, or in one of its networks.

    A value that is not an address is VALIDATION:INVALID_IP. Behind a proxy, `attributes.remoteAddress` is the proxy's.

    Example:
        given: {payload: {from: 192.168.7.9}}
        run:
          - validation:is-allowed-ip: {ipAddress: "#[payload.from]", allowList: [10.0.0.0/8], message: not from here}
        expect: {error.type: "VALIDATION:REJECTED_IP", error.description: not from here}
    """

    allow_list: Addresses
    """Addresses and networks, or the name of a validation:ip-filter-list."""

    rule = "an IP address is not allowed"
    rejected = False

    def addresses(self) -> Addresses:
        return self.allow_list
