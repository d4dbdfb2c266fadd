"""What holds for every store, in memory or in a file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fake_clock import FakeClock

from engine import FlowError, Runtime
from engine.connectors import HomeStore

pytestmark = pytest.mark.anyio
MakeStore = Callable[..., HomeStore]
Pass = Callable[[float], Awaitable[None]]


def error_of(caught: pytest.ExceptionInfo[FlowError]) -> str:
    return str(caught.value.type)


async def test_a_value_is_kept_until_it_is_removed(make_store: MakeStore) -> None:
    store = make_store()
    await store.put("key", {"a": [1, None]})
    assert await store.get("key") == {"a": [1, None]}
    assert await store.contains("key")
    await store.remove("key")
    assert not await store.contains("key")
    assert await store.get("key", "default") == "default"


async def test_null_is_a_value(make_store: MakeStore) -> None:
    store = make_store()
    await store.put("key", None)
    assert await store.get("key", "default") is None


async def test_what_is_not_there_is_an_error(make_store: MakeStore) -> None:
    store = make_store()
    with pytest.raises(FlowError) as caught:
        await store.get("key")
    assert error_of(caught) == "OS:KEY_NOT_FOUND"
    with pytest.raises(FlowError) as caught:
        await store.remove("key")
    assert error_of(caught) == "OS:KEY_NOT_FOUND"


async def test_put_without_replacing_fails_where_there_is_one(make_store: MakeStore) -> None:
    store = make_store()
    await store.put("key", 1, replace=False)
    with pytest.raises(FlowError) as caught:
        await store.put("key", 2, replace=False)
    assert error_of(caught) == "OS:KEY_ALREADY_EXISTS"
    assert await store.get("key") == 1


@pytest.mark.parametrize("value", [object(), {1, 2}, [lambda: None]], ids=["object", "set", "function"])
async def test_what_cannot_be_stored_leaves_the_value_before(make_store: MakeStore, value: Any) -> None:
    store = make_store()
    await store.put("key", 1)
    with pytest.raises(FlowError) as caught:
        await store.put("key", value)
    assert error_of(caught) == "OS:INVALID_VALUE"
    assert await store.get("key") == 1


async def test_stores_of_different_names_share_nothing(make_store: MakeStore) -> None:
    one, other = make_store("one"), make_store("other")
    await one.put("key", 1)
    await other.put("key", 2)
    await one.clear()
    assert (await one.all(), await other.all()) == ({}, {"key": 2})


async def test_a_value_is_a_copy(make_store: MakeStore) -> None:
    store, value = make_store(), {"list": [1]}
    await store.put("key", value)
    value["list"].append(2)
    (await store.get("key"))["list"].append(3)
    assert await store.get("key") == {"list": [1]}


# Time


async def test_an_entry_is_not_seen_from_the_moment_on_at_which_it_expires(
    make_store: MakeStore, passing: Pass
) -> None:
    store = make_store(entry_ttl=60)
    await store.put("key", 1)
    await passing(59)
    assert await store.get("key") == 1
    await passing(1)
    assert not await store.contains("key")
    assert await store.get("key", None) is None
    assert await store.all() == {}
    assert await store.keys() == []
    with pytest.raises(FlowError):
        await store.remove("key")


async def test_what_is_stored_again_lives_anew(make_store: MakeStore, passing: Pass) -> None:
    store = make_store(entry_ttl="1m")
    await store.put("key", 1)
    await passing(40)
    await store.put("key", 2)
    await passing(40)
    assert await store.get("key") == 2


async def test_an_expired_entry_does_not_stand_in_the_way(make_store: MakeStore, passing: Pass) -> None:
    store = make_store(entry_ttl=1, entry_ttl_unit="MINUTES")
    await store.put("key", 1, replace=False)
    await passing(60)
    await store.put("key", 2, replace=False)
    assert await store.get("key") == 2


async def test_an_entry_may_have_a_time_of_its_own(make_store: MakeStore, passing: Pass) -> None:
    store = make_store(entry_ttl=60)
    await store.put("short", 1, ttl=5)
    await store.put("usual", 1)
    await passing(5)
    assert await store.keys() == ["usual"]


async def test_a_counter_expires_when_its_first_value_does(make_store: MakeStore, passing: Pass) -> None:
    store = make_store(entry_ttl=60)
    await store.increment("failures")
    await passing(59)
    assert await store.increment("failures") == 2
    await passing(1)
    assert await store.increment("failures") == 1


async def test_the_room_of_expired_entries_is_freed(make_store: MakeStore, passing: Pass) -> None:
    store = make_store(entry_ttl=60, expiration_interval=10, expiration_interval_unit="SECONDS")
    for number in range(100):
        await store.put(str(number), number)
    await passing(60)
    await store.put("new", 1)
    assert store._shelf.usage().entries == 1


# Room


async def test_the_oldest_entries_leave_where_there_are_too_many(make_store: MakeStore) -> None:
    store = make_store(max_entries=3)
    for number in range(10):
        await store.put(str(number), number)
    assert await store.keys() == ["7", "8", "9"]
    await store.put("7", "again")
    await store.put("10", 10)
    assert await store.all() == {"9": 9, "7": "again", "10": 10}


async def test_a_limit_that_became_smaller_is_kept_from_the_next_entry_on(make_store: MakeStore) -> None:
    store = make_store()
    for number in range(10):
        await store.put(str(number), number)
    smaller = make_store(max_entries=2)
    smaller.take_over(store, is_unchanged=True)
    await smaller.put("new", 1)
    assert await smaller.keys() == ["9", "new"]


async def test_the_oldest_entries_leave_where_values_are_too_large_together(make_store: MakeStore) -> None:
    store = make_store(max_size=1000)
    for key in ("a", "b", "c", "d"):
        await store.put(key, "x" * 300)
    assert await store.keys() == ["b", "c", "d"]
    await store.put("d", "x")
    await store.put("e", "x" * 300)
    assert await store.keys() == ["b", "c", "d", "e"]
    await store.put("too large for all", "x" * 1000)
    assert await store.keys() == []
    assert store._shelf.usage() == (0, 0)


async def test_the_size_is_that_of_the_values(make_store: MakeStore, passing: Pass) -> None:
    store = make_store()
    await store.put("removed", "x" * 100)
    await store.put("replaced", "x" * 100)
    await store.put("expired", "x" * 100, ttl=1)
    await store.increment("counted", 1)
    await store.increment("counted", 2**40)
    await store.put("replaced", "x" * 50)
    await store.remove("removed")
    await passing(3600)
    await store.put("replaced", "x" * 50)
    assert store._shelf.usage() == (2, sum(len(data) for _, data in await store._shelf.items()))


async def test_removing_makes_room(make_store: MakeStore) -> None:
    store = make_store(max_entries=2)
    for key in ("a", "b"):
        await store.put(key, 1)
    await store.remove("a")
    await store.put("c", 1)
    assert await store.keys() == ["b", "c"]
    await store.clear()
    for key in ("d", "e"):
        await store.put(key, 1)
    assert await store.keys() == ["d", "e"]


# Counters


async def test_a_hundred_callers_at_once_count_a_hundred(make_store: MakeStore) -> None:
    store = make_store()
    sums = await asyncio.gather(*(store.increment("key") for _ in range(100)))
    assert sorted(sums) == list(range(1, 101))


@pytest.mark.parametrize(
    ("steps", "total"),
    [([1, 1], 2), ([2**63, 2**63], 2**64), ([Decimal("0.1"), 0.2], Decimal("0.3")), ([-5, 0.5], -4.5)],
)
async def test_sums_are_those_of_the_language(make_store: MakeStore, steps: list[Any], total: Any) -> None:
    store = make_store()
    for by in steps:
        await store.increment("key", by)
    assert await store.get("key") == total


async def test_a_text_is_not_counted(make_store: MakeStore) -> None:
    store = make_store()
    await store.put("key", "1")
    with pytest.raises(FlowError) as caught:
        await store.increment("key")
    assert error_of(caught) == "OS:INVALID_VALUE"
    assert await store.get("key") == "1"


async def test_of_a_hundred_that_store_what_must_be_new_one_succeeds(make_store: MakeStore) -> None:
    store = make_store()
    puts = (store.put("key", number, replace=False) for number in range(100))
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 1


# The end


async def test_what_is_in_memory_ends_with_the_application_and_the_rest_does_not(
    make_store: MakeStore, runtime: Runtime
) -> None:
    store = make_store()
    await store.put("key", 1)
    await store.stop()
    await runtime.stop()
    assert await store.keys() == (["key"] if store.persistent else [])


async def test_time_goes_on_while_nothing_runs(runtime: Runtime, clock: FakeClock) -> None:
    """A persistent entry expires by the time of day, which a new process has too."""

    def store() -> HomeStore:
        made = HomeStore(entry_ttl=60)
        made.live_in(runtime)
        return made

    await store().put("key", 1)
    clock.set(clock.now() + timedelta(seconds=60))
    assert await store().keys() == []


async def test_a_store_that_cannot_be_opened_is_not_available(runtime: Runtime) -> None:
    (runtime.data_dir / "object-stores.db").write_bytes(b"no database" * 1000)
    store = HomeStore()
    store.live_in(runtime)
    with pytest.raises(FlowError) as caught:
        await store.put("key", 1)
    assert error_of(caught) == "OS:STORE_NOT_AVAILABLE"
    assert [str(each) for each in caught.value.type.lineage[1:3]] == ["OS:CONNECTIVITY", "MULE:CONNECTIVITY"]


async def test_bytes_in_the_file_that_are_no_value_are_an_error(runtime: Runtime) -> None:
    store = HomeStore()
    store.live_in(runtime)
    await store.put("key", 1)
    await store._shelf.put("key", b"\xc1\xff", None, replace=True)
    with pytest.raises(FlowError) as caught:
        await store.get("key")
    assert error_of(caught) == "OS:INVALID_VALUE"


async def test_all_of_a_large_store_come_in_portions_from_the_oldest_on(make_store: MakeStore) -> None:
    store = make_store()
    await asyncio.gather(*(store.put(str(number), number) for number in range(1001)))
    await store.put("0", -1)
    await store.put("large", "x" * 2**20)
    assert len(await store.all()) == 1002
    assert (await store.keys())[-2:] == ["0", "large"]
    assert sorted(await store.keys()) == sorted(await store.all())


async def test_a_long_key_that_cannot_be_compressed_is_a_key(make_store: MakeStore) -> None:
    """An index of PostgreSQL holds 2,704 bytes of a key."""
    store, key = make_store(), "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(4096))
    await store.put(key, 1)
    assert await store.increment(key) == 2
    assert await store.all() == {key: 2}
    await store.remove(key)
    assert await store.keys() == []


@pytest.mark.parametrize("ttl", [1e12, 1e15, 1e300])
async def test_an_entry_may_live_longer_than_any_server(make_store: MakeStore, ttl: float) -> None:
    store = make_store()
    await store.put("key", 1, ttl=ttl)
    assert await store.all() == {"key": 1}
