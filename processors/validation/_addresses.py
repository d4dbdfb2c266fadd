"""IP addresses, and lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic_core import core_schema

from engine import Config, ErrorType, Event, FlowError, Mistake, Template, Validated, refuse, shown
from engine.connectors import (
    EXPRESSION,
    Address,
    Network,
    did_you_mean,
    entries_of,
    loading_of,
    read_address,
    read_network,
    typed,
)
from processors.validation._validator import Validator, violation

EXPECTED = "IP addresses and networks, such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32"


def read_remote_address(value: Any) -> Address | None:
    """Read an address, also one with a port as in `attributes.remoteAddress` (`/127.0.0.1:80` is Mule's form)."""
    address = read_address(value)
    if address is None and isinstance(value, str):
        host = value.rpartition("/")[2].rpartition(":")[0]
        address = read_address(host.removeprefix("[").removesuffix("]"))
    return address


class Addresses(Validated):
    """Addresses and networks: a comma list, a list, or the name of a validation:ip-filter-list.

    An expression whose value is such a list is read at run.
    """

    word = "IP addresses"
    schema = typed("string", "array", "object")

    def __init__(self, entries: Template | None, networks: Sequence[Network] = ()) -> None:
        self._entries = entries
        self._networks = networks

    @property
    def acts(self) -> bool:
        return self._entries is not None and self._entries.acts

    def contain(self, address: Address, event: Event) -> bool:
        networks = self._networks if self._entries is None else _networks_at_run(self._entries.evaluate(event))
        return any(address in network for network in networks)

    @classmethod
    def _validate(cls, value: Any, info: core_schema.ValidationInfo) -> Self | Any:
        if isinstance(value, cls):
            return value
        loading = loading_of(info)
        config = loading.configs.get(value) if isinstance(value, str) else None
        if config is not None:
            return _of_config(config, value)
        if isinstance(value, Mapping) and list(value) == ["ips"]:
            value = value["ips"]
        entries = Template(value, loading.reach)
        is_known = entries.is_constant or entries.entries is not None  # a map is not a list
        return cls(None, _networks_at_load(value, loading.configs)) if is_known else cls(entries)


def _of_config(config: Any, name: str) -> Any:
    """Return the list of the config; a config with mistakes is kept: they were reported."""
    ips = getattr(config, "ips", None)
    if isinstance(config, Config) and not isinstance(ips, Addresses):
        refuse([Mistake("F502", f"{shown(name)} is not a list of addresses", "a validation:ip-filter-list")])
    return ips or config


def _networks_at_load(value: Any, configs: Mapping[str, Any]) -> list[Network]:
    mistakes, networks = [], []
    for entry, place in entries_of(value):
        network = read_network(entry)
        if network is None:
            write = did_you_mean(str(entry), configs)
            mistakes.append(Mistake("F303", shown(entry), EXPECTED, write, place))
        else:
            networks.append(network)
    if mistakes or not networks:
        refuse(mistakes or [Mistake("F303", shown(value), EXPECTED)])
    return networks


def _networks_at_run(value: Any) -> list[Network]:
    networks = [read_network(entry) for entry, _ in entries_of(value)]
    if None in networks:
        raise FlowError(EXPRESSION, "a list of IP addresses holds something else")
    return [network for network in networks if network is not None]


class IpFilter(Validator):
    """The base of the validators of addresses against a list."""

    ip_address: Template
    """The address; a port after it, as in `attributes.remoteAddress`, does not count."""

    raises = (violation("REJECTED_IP"), violation("INVALID_IP"))
    rejected: ClassVar[bool]
    """Whether the addresses of the list are the rejected ones."""

    def addresses(self) -> Addresses:
        raise NotImplementedError

    def holds(self, event: Event) -> bool:
        address = self._address(event)
        return address is not None and self.addresses().contain(address, event) is not self.rejected

    def broken(self, event: Event) -> ErrorType:
        return self.raises[0] if self._address(event) else self.raises[1]

    def _address(self, event: Event) -> Address | None:
        return read_remote_address(self.ip_address.evaluate(event))
