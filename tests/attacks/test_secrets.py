"""Secrets in every spelling that texts can hold: nothing of them is shown."""

from __future__ import annotations

import html
import json
import re
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import yaml
from attacks.upstreams import answer, says, upstream
from hypothesis import assume, given
from hypothesis import strategies as st
from server.running import Running

from engine.testing.recordings.redaction import Redaction
from engine.values.secrets import HIDDEN, Secrets

SECRET = "p&ss<w/rd \"'\\ü😀%41+"  # noqa: S105  # of nobody
Spelling = Callable[[str], str]


def every(form: str) -> Spelling:
    """Each character as its number."""
    return lambda text: "".join(form.format(ord(character)) for character in text)


def percent(form: str) -> Spelling:
    return lambda text: "".join(form.format(octet) for octet in text.encode())


def basic(user: str, encode: Callable[[bytes], bytes] = b64encode) -> Spelling:
    return lambda text: encode(f"{user}:{text}".encode()).decode()


SPELLINGS: dict[str, Spelling] = {
    "itself": str,
    "json": json.dumps,
    "json in json": lambda text: json.dumps(json.dumps({"a": text})),
    "json, slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "json of UTF-8": lambda text: json.dumps(text, ensure_ascii=False),
    "python": repr,
    "python's bytes": lambda text: repr(text.encode()),
    "python's ascii": ascii,
    "url": lambda text: quote(text, safe=""),
    "path": quote,
    "url, small digits": lambda text: re.sub("%..", lambda match: match[0].lower(), quote(text, safe="")),
    "form": quote_plus,
    "url in a url": lambda text: quote(quote(text, safe=""), safe=""),
    "url in a url in a url": lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
    "all of it in a url": percent("%{:02x}"),
    "all of it in a url, capital digits": percent("%{:02X}"),
    "html": html.escape,
    "html in a url": lambda text: quote(html.escape(text), safe=""),
    "html in json": lambda text: json.dumps(html.escape(text)).replace("&", "\\u0026"),
    "numbers": every("&#{};"),
    "numbers with zeros": every("&#{:07d};"),
    "digits": every("&#x{:x};"),
    "capital digits": every("&#X{:X};"),
    "yaml": lambda text: yaml.dump(text, width=10**6).removesuffix("\n").removesuffix("\n..."),
    "yaml, double quotes": lambda text: yaml.dump(text, default_style='"', width=10**6).rstrip("\n"),
    "yaml, single quotes": lambda text: "'" + text.replace("'", "''") + "'",
    "csv": lambda text: '"' + text.replace('"', '""') + '"',
    "python's long escapes": every("\\U{:08x}"),
    "javascript's braces": every("\\u{{{:x}}}"),
    "shell": lambda text: re.sub(r"(\W)", r"\\\1", text),
    "hexadecimal": lambda text: text.encode().hex(),
    "capital hexadecimal": lambda text: text.encode().hex().upper(),
    "UTF-8 read as Latin-1": lambda text: text.encode().decode("latin-1"),
    **{f"basic, user of {size}": basic("u" * size) for size in range(4)},
    **{f"basic for urls, user of {size}": basic("u" * size, urlsafe_b64encode) for size in range(4)},
    "basic in a url": lambda text: quote(basic("u")(text), safe=""),
    "basic in json": lambda text: json.dumps(basic("u")(text)).replace("/", "\\/"),
    "basic of OAuth": lambda text: basic("u")(quote_plus(text)),
    "in the middle of base64": lambda text: b64encode(f"before {text} and behind".encode()).decode(),
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize(
    "secret", [SECRET, "correct-horse", "a''b\"\"c", "%7Bq%7D", "&lt;k&gt;", "pässwörd", "two words"]
)
def test_spellings(name: str, secret: str) -> None:
    spelled = SPELLINGS[name](secret)
    shown = Secrets(["another one", secret]).hide(f"GET /x?a=1&t={spelled}&z=2 behind")
    assert HIDDEN in shown
    assert shown.startswith("GET /x?a=1&t=")
    assert shown.endswith("behind")
    left = shown.removeprefix("GET /x?a=1&t=").replace(HIDDEN, "")
    assert set(left) - set("\"\\{}: a'b&z=2 ehnid") == set()


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\xa0"), min_size=6)
ONE_WAY = {"hexadecimal", "capital hexadecimal", "UTF-8 read as Latin-1", "python's bytes"}
"""Spellings that are hidden only where nothing else was done to the text before."""


@given(WORDS, st.lists(st.sampled_from(sorted(SPELLINGS)), max_size=2))
def test_spellings_of_spellings(secret: str, names: list[str]) -> None:
    """Escaped twice, in whatever way."""
    assume(secret.strip() == secret)
    assume(not any("base64" in name or "basic" in name or " in " in name or name in ONE_WAY for name in names))
    spelled = secret
    for name in names:
        spelled = SPELLINGS[name](spelled)
    assert HIDDEN in Secrets([secret]).hide(f"x{spelled}y")


@given(st.text(), st.text(min_size=1))
def test_other_text_stays(text: str, secret: str) -> None:
    secrets = Secrets([secret])
    shown = secrets.hide(text)
    assert shown == text or HIDDEN in shown
    assert secret == HIDDEN or secret in HIDDEN or secret not in shown.replace(HIDDEN, "\ufffe")
    assert Secrets().hide(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "100 % sure",
        "a\\b",
        "&amp; &",
        "''",
        "AAAA" * 100,
        "\ud800",
        "%e4",
        "\\ud800",
        "&#9999999;",
        "\\Uffffffff",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Secrets(["hunter2", SECRET]).hide(text) == text


@pytest.mark.parametrize(
    "unit", ["%41", "\\n", "\\\\", "\\u0041", "&#65;", "''", "%", "\\", "&", "czNjcmV0", "s3cret", "a"]
)
def test_cost_of_a_long_text(unit: str) -> None:
    secrets, text = Secrets(["s3cret", "hunter2"]), unit * (2**20 // len(unit))
    began = time.process_time()
    secrets.hide(text)
    assert time.process_time() - began < 3


# What names tell of one, in recordings

TOLD = {
    "query": "/a?x=1&api_key=h1dden-value&y=2",
    "query, name escaped": "/a?api%5Fkey=h1dden-value",
    "form": "user=a&passwo%72d=h1dden-value",
    "cookie": "a=1; session_token=h1dden-value; b=2",
    "json": '{"accessToken": "h1dden-value"}',
    "json in json": json.dumps('{"secret": "h1dden-value"}'),
    "json, quotes inside": '{"password": "h1dden-value\\"h1dden-value"}',
    "xml": "<a><password>h1dden-value</password></a>",
    "xml, a prefix and attributes": '<s:Password Type="x">h1dden-value</s:Password>',
    "attribute": "<user password='h1dden-value'/>",
    "yaml": "user: a\n  password: h1dden-value\n",
    "header": "GET / HTTP/1.1\r\nAuthorization: Bearer h1dden-value\r\n",
    "form with files": '--x\r\nContent-Disposition: form-data; name="password"\r\n\r\nh1dden-value\r\n--x--',
    "map": {"deep": [{"client_secret": "h1dden-value"}]},
    "list": {"tokens": ["plain"], "token": ["h1dden-value", {"a": "h1dden-value"}]},
    "basic": {"authorization": "Basic " + b64encode(b"user:h1dden-value").decode(), "echo": "h1dden-value"},
    "bearer": {"authorization": "Bearer h1dden-value", "echo": "the token h1dden-value, and h1dden%2Dvalue"},
    "cookies": {"cookie": "a=h1dden-value; b=c", "echo": "h1dden-value"},
    "bytes": b"\xff\xfe&token=h1dden-value",
}


@pytest.mark.parametrize("name", TOLD)
def test_names_that_tell(name: str) -> None:
    redaction = Redaction([])
    redaction.learn(TOLD[name])
    shown = str(redaction.of(TOLD[name]))
    assert HIDDEN in shown
    assert "h1dden" not in shown
    if "quotes" not in name:
        assert "h1dden" not in redaction.text("an echo: h1dden-value")


@pytest.mark.parametrize(
    "value", ["/a?tokens=3&secretary=x", {"author": "Ada", "keys": [1]}, "passwords: none", 5, None]
)
def test_names_that_do_not(value: object) -> None:
    redaction = Redaction(["another one"])
    redaction.learn(value)
    assert redaction.of(value) == value


# Where they would be shown

KEY = 'k&y of "us" two'
FLOWS = """
configs:
  Api: {http:listener-config: {port: 0}}
  Up:
    http:request-config:
      url: "${up}"
      authentication: {basic-authentication: {username: shop, password: "${secret:key}"}}
flows:
  ask:
    source: {http:listener: {config-ref: Api, path: "/ask/{name}", allowedMethods: POST}}
    steps:
      - logger: {message: "#[message.attributes]"}
      - logger: {message: "#[payload]"}
      - logger: {message: "#[to_string(to_string(payload))]"}
      - logger: {message: "#[base64_encode(concat('u:', p('key')))]"}
      - tracing:set-logging-variable: {variableName: sent, value: "#[url_encode(p('key'))]"}
      - http:request: {config-ref: Up, path: "/#[p('key')]", method: POST}
      - raise-error: {type: "SHOP:CLOSED", description: "#[concat('closed for ', url_encode(p('key')))]"}
"""


def bare(text: str) -> bool:
    """Whether a text holds the key in some spelling of an encoder."""
    return any(spelling(KEY).strip("\"'") in text for spelling in SPELLINGS.values())


@pytest.mark.usefixtures("shows_secrets")  # the caller's own path is in `instance`
@pytest.mark.parametrize("form", ["text", "json", "otel", "ecs"])
def test_logs_and_recordings(tmp_path: Path, form: str) -> None:
    (tmp_path / "flows.yaml").write_text(FLOWS)
    body = json.dumps({name: spelling(KEY) for name, spelling in SPELLINGS.items()}).encode()
    with upstream(says(answer(body, b"Set-Cookie: a=" + quote(KEY).encode(), kind=b"application/json"))) as up:
        settings = ["--set", f"up={up.url.rstrip('/')}", "--set", f"key={KEY}"]
        arguments = ["flows.yaml", *settings, "--record", "recorded", "--log-format", form, "--log-level", "debug"]
        with Running(tmp_path, *arguments, cwd=tmp_path) as server:
            path = f"/ask/{quote(KEY, safe='')}?a={quote_plus(KEY)}&b={quote(quote(KEY))}"
            headers = {
                "cookie": f"sid={quote(KEY)}",
                "x-own": basic("u")(KEY),
                "authorization": f"Basic {basic('u')(KEY)}",
            }
            answered = server.client.post(path, content=body, headers={"content-type": "application/json"} | headers)
            assert answered.status_code == 500
            assert server.end() == 0
        [recorded] = (tmp_path / "recorded").iterdir()
        assert HIDDEN in server.log
        assert HIDDEN in recorded.read_text()
        for text in (server.log, recorded.read_text(), recorded.name):
            assert not bare(text), text
