from __future__ import annotations

from processors.validation._addresses import Addresses, IpFilter


class IsNotDeniedIp(IpFilter):
    """Check that an IP address is not in a list, and in none of its networks.

    A value that is not an address is VALIDATION:INVALID_IP. An IPv4 address inside an IPv6 one (`::ffff:10.0.0.7`)
    counts as the IPv4 address.

    Example:
        configs:
          Blocked: {validation:ip-filter-list: {ips: [10.0.0.0/8, "2001:db8::/32"]}}
        given: {payload: {from: "2001:db8::7"}}
        run:
          - validation:is-not-denied-ip: {ipAddress: "#[payload.from]", denyList: Blocked}
        expect: {error.type: "VALIDATION:REJECTED_IP"}
    """

    deny_list: Addresses
    """Addresses and networks, or the name of a validation:ip-filter-list."""

    rule = "an IP address is not allowed"
    rejected = True

    def addresses(self) -> Addresses:
        return self.deny_list
