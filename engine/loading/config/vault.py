"""HashiCorp Vault as a provider of properties: `${vault:secret/data/db#password}`, by its HTTP API.

https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version
"""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from engine.expressions.texts import text_of
from engine.limits import LARGEST_VAULT_ANSWER
from engine.parameters.files import read_file

TIMEOUT = 5.0
"""Seconds that Vault may take, if VAULT_CLIENT_TIMEOUT does not say so."""
WHY = {
    400: "the request is invalid",
    403: "the token may not read it, or is no longer valid",
    429: "the node is a standby",
    472: "the node is a replica for recovery",
    473: "the node is a standby for performance",
    503: "it is sealed, or down for maintenance",
}


class _NoRedirects(HTTPRedirectHandler):
    """Another host must not be sent the token."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str) -> None:
        return None


def read(path: str) -> Mapping[str, Any]:
    """Return the data of the secret at a path of the API: `secret/data/db` (KV version 2), `kv/db` (version 1).

    The environment says where: VAULT_ADDR, VAULT_TOKEN or VAULT_TOKEN_FILE, VAULT_NAMESPACE, VAULT_CACERT and
    VAULT_CLIENT_TIMEOUT (seconds). Raise LookupError if there is no such secret, or no Vault is configured; OSError if
    Vault does not answer, or refuses.
    """
    address = os.environ.get("VAULT_ADDR", "").rstrip("/")
    if not address:
        raise LookupError("VAULT_ADDR is not set")
    headers = _headers()
    try:
        request = Request(f"{address}/v1/{quote(path.strip('/'))}", headers=headers)  # noqa: S310  # the operator's url
        opener = build_opener(_NoRedirects, *_tls(address))
        with opener.open(request, timeout=_timeout()) as answer:
            return _data(answer.read(LARGEST_VAULT_ANSWER + 1))
    except HTTPError as error:
        with error:
            raise _refusal(error, path) from None
    except URLError as error:
        reason = getattr(error.reason, "strerror", None) or error.reason
        raise OSError(f"{address} cannot be reached: {reason}") from None
    except TimeoutError:
        raise OSError(f"{address} did not answer within {_timeout():g} s") from None
    except (HTTPException, ConnectionError):
        raise OSError(f"{address} answered no HTTP") from None
    except ValueError:
        raise OSError(f"VAULT_ADDR is no url: '{address}'") from None


def _headers() -> dict[str, str]:
    headers = {"X-Vault-Request": "true", "X-Vault-Token": _token()}
    if namespace := os.environ.get("VAULT_NAMESPACE"):
        headers["X-Vault-Namespace"] = namespace
    return headers


def _token() -> str:
    token = os.environ.get("VAULT_TOKEN")
    if not token and (file := os.environ.get("VAULT_TOKEN_FILE")):
        token = text_of(read_file(Path(file)))
    if not token or not token.strip():
        raise LookupError("VAULT_TOKEN is not set, nor VAULT_TOKEN_FILE")
    if not token.strip().isprintable() or not token.isascii():
        raise OSError("VAULT_TOKEN holds other characters than a token has")
    return token.strip()


def _tls(address: str) -> list[HTTPSHandler]:
    if not address.lower().startswith("https:"):
        return []
    return [HTTPSHandler(context=ssl.create_default_context(cafile=os.environ.get("VAULT_CACERT") or None))]


def _timeout() -> float:
    """Return the seconds that Vault may take; Vault's own client takes `5s` as well as `5`."""
    try:
        seconds = float(os.environ["VAULT_CLIENT_TIMEOUT"].removesuffix("s"))
    except (KeyError, ValueError):
        return TIMEOUT
    return seconds if 0 < seconds < float("inf") else TIMEOUT


def _data(content: bytes) -> Mapping[str, Any]:
    if len(content) > LARGEST_VAULT_ANSWER:
        raise OSError(f"its answer has more than {LARGEST_VAULT_ANSWER} bytes")
    try:
        data = json.loads(content)["data"]
        inner = data["data"] if isinstance(data.get("data"), dict) and isinstance(data.get("metadata"), dict) else data
        return dict(inner)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise OSError("its answer is not one of Vault's") from None


def _refusal(error: HTTPError, path: str) -> Exception:
    if error.code == 404:
        versioned = "" if "/data/" in path else "; a path of KV version 2 has data in it: secret/data/db"
        return LookupError(f"Vault has no secret at '{path}'{versioned}")
    if 300 <= error.code < 400:
        return OSError(
            f"it answered {error.code}, a redirection, which is not followed: set VAULT_ADDR to the active node"
        )
    return OSError(f"it answered {error.code}" + (f": {WHY[error.code]}" if error.code in WHY else ""))
