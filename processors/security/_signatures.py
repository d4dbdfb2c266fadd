"""The parameters of security:hmac about signatures, and how signatures are made and compared."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from hmac import HMAC, compare_digest
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from engine import Duration, Field, Kind, Mistake, Parameters, Validated, refuse
from engine.connectors import TEXT, TEXTS, give_turn
from engine.limits import MOST_SECRETS
from processors.security._credentials import Names, read_secret

HASHES = {"SHA-1": "sha1", "SHA-224": "sha224", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
PART_NAME = re.compile(r"[\w.-]{1,50}", re.ASCII)
MARK = re.compile(r"\{(body|timestamp|method|path|header:[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100})\}")
PORTION = 2**20
"""How many bytes are hashed before other tasks get their turn."""


def _header(value: Any) -> Any:
    if not isinstance(value, str) or HEADER_NAME.fullmatch(value) is None:
        refuse([Mistake("F303", "no name that a header could have", "a name such as X-Hub-Signature-256")])
    return value


def _part(value: Any) -> Any:
    if not isinstance(value, str) or PART_NAME.fullmatch(value) is None:
        refuse([Mistake("F303", "no name of a part", "what stands before its '=', such as v1")])
    return value


def _known(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in value if name not in HASHES]
    if unknown or not value:
        found = f"the algorithm '{unknown[0]}'" if unknown else "no algorithm"
        refuse([Mistake("F303", found, f"one or more of {', '.join(HASHES)}")])
    return value


def _secrets(value: Any) -> Any:
    entries = value if isinstance(value, list) else [value]
    if not 0 < len(entries) <= MOST_SECRETS:
        refuse([Mistake("F303", f"{len(entries)} secrets", f"a secret, or a list of 1 to {MOST_SECRETS} of them")])
    places = getattr(value, "places", [None] * len(entries))
    return tuple(read_secret(each, place=place) for each, place in zip(entries, places, strict=False))


Header = Annotated[str, BeforeValidator(_header)]
Part = Annotated[str, BeforeValidator(_part)]
Hashes = Annotated[Names, AfterValidator(_known)]
Secrets = Annotated[tuple[str, ...], BeforeValidator(_secrets), Kind("list", TEXTS)]


class Timestamp(Parameters):
    """When a request was signed: seconds since 1970, in a header of its own or in a part of the signature's."""

    header: Header | None = None
    """The header that holds it."""

    part: Part | None = None
    """The part of the signature's header that holds it, as `t` in `t=1492774577,v1=…`."""

    tolerance: Annotated[Duration, Field(gt=0)] = 300.0
    """How old, or how far in the future, it may be."""

    def __post_init__(self) -> None:
        if (self.header is None) == (self.part is None):
            refuse([Mistake("F304", "a timestamp without one place", "header, or part")])


class Signed(Validated):
    """The text that is signed, with `{body}`, `{timestamp}`, `{method}`, `{path}` and `{header:NAME}` in it."""

    word = "text"
    schema = TEXT

    def __init__(self, written: str) -> None:
        parts = MARK.split(written)
        self.literals, self.marks = parts[::2], parts[1::2]
        if "body" not in self.marks or any("{" in each or "}" in each for each in self.literals):
            expected = "a text with {body}, and with {timestamp}, {method}, {path}, {header:NAME} where they are signed"
            refuse([Mistake("F303", "what is no such text", expected, "{timestamp}.{body}")])

    @classmethod
    def _validate(cls, value: Any, info: Any) -> Any:
        return value if isinstance(value, cls) else cls(str(value))

    def pieces(self, value_of: Callable[[str], bytes]) -> Iterator[bytes]:
        """Yield the signed bytes, one piece after another."""
        for literal, mark in zip(self.literals, [*self.marks, ""], strict=True):
            yield literal.encode()
            if mark:
                yield value_of(mark)


Decode = Callable[[str], bytes]


def from_hex(text: str) -> bytes:
    return binascii.unhexlify(text)


def from_base64(text: str) -> bytes:
    """Decode either alphabet, with or without padding."""
    plain = text.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
    return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True)


DECODERS: dict[str, Decode] = {"hex": from_hex, "base64": from_base64, "text": str.encode}


def decoded(texts: Iterable[str], decode: Decode) -> list[bytes]:
    """Decode the texts that are signatures."""
    found = []
    for text in texts:
        try:
            found.append(decode(text))
        except ValueError:  # of binascii too
            continue
    return found


async def makes_one_of(signatures: Sequence[bytes], keys: Iterable[tuple[bytes, str]], pieces: Sequence[bytes]) -> bool:
    """Return whether one of the keys, each with a hash, signs the pieces so. All are tried, however early one fits."""
    found = False
    for key, name in keys:
        code = HMAC(key, digestmod=name)
        for piece in pieces:
            for start in range(0, len(piece), PORTION):
                code.update(memoryview(piece)[start : start + PORTION])
                await give_turn()
        made = code.digest()
        for signature in signatures:
            found |= compare_digest(made, signature)
    return found
