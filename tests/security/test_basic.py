"""A name and a password, plain or hashed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from base64 import b64encode
from typing import Any

import pytest

from engine import Refusal
from processors.security._passwords import Cost, hashed, read_password

CHEAP = Cost(2**4, 1, 1, 32)
PLAIN = "security:basic: {users: {ada: sword:fish, 'Zoë': pässword, bob: {password: builder, roles: [clerk, auditor]}}}"
HASHED = f"""security:basic:
          users: {{ada: '{hashed("sword:fish", CHEAP)}', 'Zoë': '{hashed("pässword", CHEAP)}',
                  bob: {{password: '{hashed("builder", CHEAP)}', roles: "clerk, auditor"}}}}"""


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}


@pytest.mark.parametrize("step", [PLAIN, HASHED], ids=["plain", "hashed"])
@pytest.mark.parametrize(
    ("name", "password", "roles"),
    [("ada", "sword:fish", []), ("Zoë", "pässword", []), ("bob", "builder", ["clerk", "auditor"])],
)
def test_who_sends_name_and_password_is_known(ask: Any, step: str, name: str, password: str, roles: list[str]) -> None:
    assert ask(step, basic(name, password)) == {"scheme": "basic", "principal": name, "roles": roles}


@pytest.mark.parametrize("step", [PLAIN, HASHED], ids=["plain", "hashed"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic YWRh"},  # no colon
        {"authorization": "Basic /w=="},  # no UTF-8
        {"authorization": "Bearer YWRhOnN3b3JkOmZpc2g="},
        {"authorization": "Basic YWRhOnN3b3JkOmZpc2g=, Basic YWRhOnN3b3JkOmZpc2g="},
        basic("ada", ""),
        basic("ada", "sword"),
        basic("ada", "sword:fish "),
        basic("ADA", "sword:fish"),
        basic("ada", "builder"),
        basic("nobody", "sword:fish"),
        basic("", ""),
    ],
    ids=str,
)
def test_all_others_are_refused_alike(ask: Any, step: str, headers: dict[str, str]) -> None:
    refusal = ask(step, headers)
    assert (refusal.status, str(refusal.type)) == (401, "HTTP:BASIC_AUTHENTICATION")
    assert [str(each) for each in refusal.type.lineage[1:4]] == [
        "HTTP:SERVER_SECURITY", "MULE:SERVER_SECURITY", "MULE:SECURITY"
    ]  # fmt: skip
    assert refusal.description == "the credentials are missing or do not hold"
    assert refusal.headers == {"www-authenticate": 'Basic realm="api", charset="UTF-8"'}


def test_the_scheme_is_taken_in_any_case(ask: Any) -> None:
    assert ask(PLAIN, {"authorization": "bAsIc YWRhOnN3b3JkOmZpc2g="})["principal"] == "ada"


def test_an_event_that_no_request_made_has_no_caller(ask: Any) -> None:
    assert ask(PLAIN, headers=None).status == 401


@pytest.mark.parametrize(("roles", "status"), [("clerk", 200), ("boss, auditor", 200), ("boss", 403), ("Clerk", 403)])
def test_one_of_the_roles_is_enough(ask: Any, roles: str, status: int) -> None:
    step = f"security:basic: {{users: {{bob: {{password: builder, roles: [clerk, auditor]}}}}, roles: '{roles}'}}"
    outcome = ask(step, basic("bob", "builder"))
    if status == 200:
        assert outcome["principal"] == "bob"
    else:
        assert (outcome.status, str(outcome.type), outcome.headers) == (403, "MULE:NOT_PERMITTED", {})


def test_a_wrong_password_is_refused_before_the_roles_are_looked_at(ask: Any) -> None:
    assert ask("security:basic: {users: {bob: builder}, roles: boss}", basic("bob", "x")).status == 401


def test_the_realm_is_told(ask: Any) -> None:
    refusal = ask("security:basic: {users: {bob: builder}, realm: Orders of the day}")
    assert refusal.headers == {"www-authenticate": 'Basic realm="Orders of the day", charset="UTF-8"'}


def test_no_secret_is_shown(ask: Any) -> None:
    for step, headers in ((PLAIN, basic("ada", "wrong-one")), (PLAIN, basic("bob", "builder"))):
        outcome = ask(step, headers)
        seen = repr(outcome) + (repr(vars(outcome)) if isinstance(outcome, Refusal) else "")
        assert not any(word in seen for word in ("sword:fish", "builder", "wrong-one"))


# Hashes


def test_the_command_prints_a_hash_that_can_be_read() -> None:
    command = [sys.executable, "-m", "processors.security._passwords"]
    printed = subprocess.run(command, input="swordfish\n", capture_output=True, text=True, timeout=30).stdout.strip()
    password = read_password(printed)
    assert password.cost == Cost(2**14, 8, 1, 32)
    assert asyncio.run(password.fits("swordfish"))


def test_a_hash_of_passlib_can_be_read() -> None:
    """RFC 7914, 12: the third of its vectors, as passlib would write it; the length of the key is the hash's."""
    key = (
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    salt, key = (b64encode(data).decode().rstrip("=") for data in (b"SodiumChloride", bytes.fromhex(key)))
    password = read_password(f"$scrypt$ln=14,r=8,p=1${salt}${key}")
    assert asyncio.run(password.fits("pleaseletmein"))
    assert not asyncio.run(password.fits("pleaseletmeout"))
