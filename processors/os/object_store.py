from __future__ import annotations

from engine.connectors import HomeStore


class ObjectStore(HomeStore):
    """A store of values by key; operations, caches and validators refer to it by objectStore.

    A value may be anything that JSON knows, bytes, a decimal, a date, a time or a UUID, and keeps its type. Expired
    values are never seen again. A persistent store lies in a file of the folder `dataDir` (`configuration`) under the
    name of the config, and survives kill -9. With `url`, or `stateUrl` of the `configuration`, it lies with a server,
    and all processes and machines share it: each operation is atomic for all of them. While the server is away,
    operations raise OS:STORE_NOT_AVAILABLE.

    Example:
        configs:
          Limits: {os:object-store: {persistent: false, maxEntries: 1000, entryTtl: 10, entryTtlUnit: MINUTES}}
        run:
          - os:store: {objectStore: Limits, key: gold, value: 500}
          - os:retrieve: {objectStore: Limits, key: gold}
        expect: {payload: 500}
    """
