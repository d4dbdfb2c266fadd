from __future__ import annotations

from engine import Config
from processors.validation._addresses import Addresses


class IpFilterList(Config):
    """IP addresses and networks that several validators share by name.

    Example:
        configs:
          Office: {validation:ip-filter-list: {ips: "10.1.0.0/16, 10.2.0.7"}}
        run:
          - validation:is-allowed-ip: {ipAddress: 10.2.0.7, allowList: Office}
        expect: {error: null}
    """

    ips: Addresses
    """The addresses and networks: a list, or a comma list."""
