"""Every limit on the cost of callers, upstreams and payloads, with its unit and its reason.

The manual's page (`engine limits`) is derived from here, and a test reaches each limit. This module imports nothing of
ours, so that every package can define its limits here. A limit that a parameter sets (`maxBodySize`) is here as that
parameter's default.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

Number = TypeVar("Number", int, float)


class Limit(NamedTuple):
    """A limit. subject: the limited thing. beyond: the answer, or the error, if it is exceeded.

    parameter: the parameter that sets it in a flow file; empty for a fixed one. group: its heading.
    """

    group: str
    subject: str
    value: int | float
    unit: str
    beyond: str
    reason: str
    parameter: str = ""


LIMITS: list[Limit] = []
"""All limits, in the order of this page."""

_groups = [""]


def _group(heading: str) -> None:
    """Put the following limits under a heading."""
    _groups.append(heading)


def _limit(value: Number, unit: str, subject: str, *, beyond: str, reason: str, parameter: str = "") -> Number:
    LIMITS.append(Limit(_groups[-1], subject, value, unit, beyond, reason, parameter))
    return value


EXPRESSION = "MULE:EXPRESSION"

_group("Expressions")

MOST_STEPS = _limit(
    16_000_000,
    "steps",
    "one evaluation: each value that it looks at or makes counts as some, each long text by its length",
    beyond=EXPRESSION,
    reason="it takes less than half a second, makes less than 100 MB, and is the same on each machine",
)
LONGEST_TEXT = _limit(
    10_000_000,
    "characters",
    "a text that a function makes or reads",
    beyond=EXPRESSION,
    reason="a short payload may ask for a long text",
)
LONGEST_LIST = _limit(
    1_000_000,
    "elements",
    "a list that a function makes out of little",
    beyond=EXPRESSION,
    reason="range(10000000) is a short text",
)
LONGEST_UNVERIFIED_TOKEN = _limit(
    100_000,
    "characters",
    "a JSON Web Token that jwt_claims() reads",
    beyond=EXPRESSION,
    reason="a header is shorter, and brackets alone become forty times as many bytes",
)
MOST_NODES = _limit(
    250_000,
    "elements, values, rows or escapes",
    "a text that is read as XML, CSV (of cells, four times as many), NDJSON, a form or a URL; written as XML or a form",
    beyond=EXPRESSION,
    reason="it is read in half a second",
)
MOST_YAML_NODES = _limit(
    150_000,
    "values and keys",
    "a text that is read as YAML; half as many values are written",
    beyond=EXPRESSION,
    reason="each takes twice as long as an element of XML",
)
DEEPEST = _limit(
    200,
    "levels",
    "lists and maps inside each other",
    beyond="MULE:EXPRESSION; 400 and HTTP:PARSING for a body of JSON",
    reason="deeper ones would overflow the stack; the JSON reader's bound too, but for an empty one inside all others",
)

MOST_TOKENS = _limit(
    5_000,
    "words and signs",
    "an expression",
    beyond="a mistake where the flows are loaded",
    reason="of more, Python's own compiler takes longer than a second",
)
MOST_SCRIPT_TOKENS = _limit(
    20_000,
    "words and signs",
    "a script in DataWeave",
    beyond="a mistake where the flows are loaded",
    reason="it is compiled in a few seconds; a script of a thousand lines has half as many",
)
DEEPEST_CALLS = _limit(
    254,
    "calls",
    "a function of a script in DataWeave that calls itself inside of itself; calls at its end count once",
    beyond=EXPRESSION,
    reason="as Mule has it: two of its 256 frames belong to the script",
)
LONGEST_PATTERN = _limit(
    1_000,
    "characters",
    "a regular expression (RE2)",
    beyond=EXPRESSION,
    reason="a payload may bring it",
)
LARGEST_PROGRAM = _limit(
    2**20,
    "bytes",
    "what a regular expression is compiled to",
    beyond=EXPRESSION,
    reason="a short pattern may be a large program; 128 of them are kept",
)
MOST_COMPARED = _limit(
    200_000_000,
    "characters times instructions",
    "a text that a regular expression is run over",
    beyond=EXPRESSION,
    reason="what the slow engine makes of it may not take a minute",
)
LONGEST_SEARCH = _limit(
    0.25,
    "seconds",
    "one search with a regular expression that RE2 does not have (look-around, back references), in DataWeave",
    beyond=EXPRESSION,
    reason="it may take exponential time",
)
LONGEST_FORMAT_PATTERN = _limit(
    100,
    "characters",
    "a pattern of dates or of numbers",
    beyond=EXPRESSION,
    reason="those of people have twenty",
)
LONGEST_TEXT_OF_WORDS = _limit(
    100_000,
    "characters",
    "a text that is taken apart in words, as by camelize()",
    beyond=EXPRESSION,
    reason="each word is looked at by itself",
)
LONGEST_MOMENT = _limit(
    64,
    "characters",
    "a date, or a time, in ISO 8601",
    beyond=EXPRESSION,
    reason="no date has so many",
)
LONGEST_ZONE_NAME = _limit(
    64,
    "characters",
    "the name of a time zone",
    beyond=EXPRESSION,
    reason="it is looked for among the files of the machine",
)
LONGEST_NUMBER = _limit(
    1_000,
    "characters",
    "a number as a text",
    beyond="it is no number: null, a text, or MULE:EXPRESSION",
    reason="the time to read one grows with the square of its digits",
)
LARGEST_INTEGER_BITS = _limit(
    4_096,
    "bits",
    "a whole number that is multiplied or raised to a power",
    beyond=EXPRESSION,
    reason="each step could double it",
)
LARGEST_EXPONENT = _limit(
    1_000,
    "digits",
    "a decimal that is rounded, or written by a pattern, in front of its point",
    beyond=EXPRESSION,
    reason="1E+999999 is ten characters, and half a minute of work",
)
MOST_ROUNDED_DIGITS = _limit(
    100,
    "digits",
    "the digits that round() is asked for",
    beyond=EXPRESSION,
    reason="nobody needs so many",
)
MOST_CAUSES = _limit(
    100,
    "errors",
    "causes of causes, and ancestors of types, for caused_by()",
    beyond="those further are passed over",
    reason="a map of a payload may be taken for an error, and have any",
)

_group("Answers of upstreams")

PARSING = "HTTP:PARSING"
TOO_LARGE = "HTTP:RESPONSE_TOO_LARGE"

LARGEST_ANSWER = _limit(
    10 * 2**20,
    "bytes",
    "the body of an answer to an http:request, inflated",
    beyond=TOO_LARGE,
    reason="it is held in memory",
    parameter="maxResponseSize",
)
LARGEST_SAVED_ANSWER = _limit(
    2**30,
    "bytes",
    "the body of an answer to an http:request that goes to a file, inflated",
    beyond=TOO_LARGE,
    reason="it is written as it comes, but a disk is full at some time",
    parameter="maxResponseSize",
)
MOST_INTERIM_ANSWERS = _limit(
    16,
    "answers",
    "answers with a status from 100 to 199 before the answer to an http:request",
    beyond=PARSING,
    reason="a few are usual (RFC 9110, 15.2); an upstream may send them for ever",
)
LONGEST_ANSWER_LINE = _limit(
    8190,
    "bytes",
    "the first line, and each header or trailer, of an answer to an http:request",
    beyond=PARSING,
    reason="as many as web servers take in a request",
)
MOST_ANSWER_HEADERS = _limit(
    128,
    "headers",
    "headers and trailers of an answer to an http:request",
    beyond=PARSING,
    reason="each costs more memory than it has bytes",
)
LARGEST_BESIDE_BODY = _limit(
    2**20,
    "bytes",
    "what an answer to an http:request has beside its body: heads, sizes and extensions of chunks, trailers",
    beyond=PARSING,
    reason="none of it is body, so that maxResponseSize does not end it",
)
MOST_BESIDE_BYTE = _limit(
    4,
    "bytes",
    "what an answer to an http:request may bring for each byte of its body, which is one of them",
    beyond="it counts as what is beside the body",
    reason="a chunk of a few bytes has a frame that is larger",
)
RESPONSE_TIMEOUT = _limit(
    10.0,
    "seconds",
    "the time that an http:request may take until its answer is whole",
    beyond="HTTP:TIMEOUT",
    reason="an upstream that hangs would hold the flow",
    parameter="responseTimeout, or defaultResponseTimeout of configuration",
)
LONGEST_RETRY_AFTER = _limit(
    64,
    "characters",
    "a Retry-After as a text, for retryAfter of until-successful",
    beyond="it is unreadable: the usual wait",
    reason="no date is longer",
)
MOST_REDIRECTS = _limit(
    10,
    "redirects",
    "redirects of one http:request that are followed",
    beyond="HTTP:REDIRECTION",
    reason="they may lead in a circle",
    parameter="maxRedirects",
)
MOST_CONNECTIONS = _limit(
    100,
    "connections",
    "connections of an http:request-config with a request, and as many that are kept without one",
    beyond="a request waits within its responseTimeout; the connection that rests longest is closed",
    reason="each takes a file of the process",
    parameter="maxConnections",
)
LARGEST_TOKEN_ANSWER = _limit(
    2**20,
    "bytes",
    "the answer of a server that gives out access tokens",
    beyond="HTTP:RESPONSE_TOO_LARGE",
    reason="it holds a token and little more",
)
LONGEST_ACCESS_TOKEN = _limit(
    16_384,
    "characters",
    "an access token of client-credentials-grant-type",
    beyond="HTTP:SECURITY",
    reason="it goes into a header of each request; servers take no longer ones",
)

_group("Log lines of the command")

LONGEST_LOGGED = _limit(
    10_000,
    "characters",
    "a message, or a logging variable, in a line of the log",
    beyond="its beginning and its end are written, and how long it is",
    reason="container runtimes keep a line of 16 KiB in one piece",
)
LONGEST_TRACEBACK = _limit(
    50_000,
    "characters",
    "the traceback of an unexpected error in the log",
    beyond="its beginning and its end are written, and how long it is",
    reason="the text of an error may hold what a caller sent",
)

LONGEST_FLUSH = _limit(
    3.0,
    "seconds",
    "how long the end of the server waits for a collector to take the last traces",
    beyond="they are dropped",
    reason="a restart is not to wait for a collector that is down",
)
MOST_ALIKE = _limit(
    100,
    "lines",
    "errors of the same kind (type, place) in the log, in the time of REPEAT_WINDOW",
    beyond="they are counted: … 1,204 more like this in 10 s",
    reason="a service that is down would fill the disk; requests and `logger` steps have all their lines",
    parameter="--log-burst",
)
REPEAT_WINDOW = _limit(
    10.0,
    "seconds",
    "the time after which it is told how many more errors of the same kind there were",
    beyond="the next ones are written again",
    reason="whoever looks on sees that it goes on",
)
MOST_KINDS_COUNTED = _limit(
    1_000,
    "kinds",
    "kinds of errors that are counted at once",
    beyond="the count of the oldest is told",
    reason="texts of errors may come from payloads",
)

LONGEST_LOGGING_VARIABLE = _limit(
    1_000,
    "characters",
    "the value of tracing:set-logging-variable",
    beyond="its beginning is kept",
    reason="it stands in every line of the event",
)

_group("Files that flows name")

LARGEST_FILE = _limit(
    10 * 2**20,
    "bytes",
    "a file that a flow names, and a flow file",
    beyond="MULE:EXPRESSION of resource(); a mistake where the flows are loaded",
    reason="it is held in memory, and read in one go",
)
LARGEST_SECRET_FILE = _limit(
    1_000_000,
    "bytes",
    "a file that ${file:…} names",
    beyond="a mistake where the flows are loaded",
    reason="the value of a placeholder is no longer",
)
LARGEST_VAULT_ANSWER = _limit(
    2**20,
    "bytes",
    "an answer of Vault, for ${vault:…}",
    beyond="a mistake where the flows are loaded",
    reason="Vault keeps no larger secrets",
)
LONGEST_PROVIDING = _limit(
    10.0,
    "seconds",
    "all providers of properties, such as a vault, together",
    beyond="a mistake where the flows are loaded",
    reason="a start that hangs tells nobody why",
)
DEEPEST_FILE = _limit(
    100,
    "levels",
    "lists and maps inside each other in a flow file",
    beyond="a mistake where the flows are loaded",
    reason="deeper ones would overflow the stack; sub-flows make a flatter file",
)
MOST_FILE_VALUES = _limit(
    200_000,
    "values",
    "a flow file, with those that aliases repeat",
    beyond="a mistake where the flows are loaded",
    reason="a few lines of aliases may stand for any number",
)
DEEPEST_PLACEHOLDERS = _limit(
    50,
    "placeholders",
    "placeholders whose values lead to each other",
    beyond="a mistake where the flows are loaded",
    reason="deeper ones would overflow the stack",
)
LONGEST_PLACEHOLDER = _limit(
    1_000_000,
    "characters",
    "the value of a placeholder, when those in it are filled in",
    beyond="a mistake where the flows are loaded",
    reason="a few lines may each double the one before",
)
DEEPEST_REFERENCES = _limit(
    20,
    "references",
    "references of an OpenAPI file that lead to one another",
    beyond="a mistake where the flows are loaded",
    reason="they may lead in a circle",
)

_group("Callers: keys, tokens, passwords, and what is kept for them")

MOST_KEPT_ANSWERS = _limit(
    1000,
    "answers",
    "what is kept under Idempotency-Keys where no store is named",
    beyond="the oldest is forgotten",
    reason="each may have 1 MiB",
    parameter="idempotency.store of http:listener",
)
LARGEST_KEPT_ANSWER = _limit(
    2**20,
    "bytes",
    "an answer that is kept under an Idempotency-Key",
    beyond="it is not kept: the request runs anew",
    reason="a caller chooses how many keys it sends",
)
LONGEST_IDEMPOTENCY_KEY = _limit(
    255,
    "characters",
    "an Idempotency-Key",
    beyond="400",
    reason="a UUID has 36",
)
MOST_RATED_CALLERS = _limit(
    100_000,
    "callers",
    "those that a rateLimit counts at once",
    beyond="who did not come for the longest time is forgotten",
    reason="a caller may invent keys; 100,000 take some 20 MB",
)
LONGEST_RATE_KEY = _limit(
    64,
    "characters",
    "the key of a rateLimit that is kept as it is",
    beyond="its digest is kept",
    reason="a caller may choose the key",
)
MOST_CACHED_RESULTS = _limit(
    1000,
    "results",
    "what a cache keeps that has no cachingStrategy",
    beyond="the oldest is forgotten",
    reason="payloads choose the keys",
    parameter="cachingStrategy of cache",
)
LARGEST_CACHE = _limit(
    64 * 2**20,
    "bytes",
    "all results of a cache that has no cachingStrategy",
    beyond="the oldest are forgotten",
    reason="payloads choose the results",
    parameter="cachingStrategy of cache",
)
LONGEST_TOKEN = _limit(
    64 * 2**10,
    "characters",
    "a JSON Web Token",
    beyond="401",
    reason="it is read before anything is known of its sender",
)
LARGEST_TOKEN_HEADER = _limit(
    8 * 2**10,
    "bytes",
    "the header of a JSON Web Token",
    beyond="401",
    reason="some carry a certificate, none more",
)
LARGEST_KEY_SET = _limit(
    512 * 2**10,
    "bytes",
    "the document that a jwks url gives out",
    beyond="SECURITY:CONNECTIVITY, unless keys of before serve",
    reason="a key takes some 500",
)
MOST_SECRETS = _limit(
    10,
    "secrets",
    "those of security:hmac",
    beyond="a mistake at load",
    reason="a body is hashed with each of them; two are enough while one takes the place of another",
)
MOST_SIGNATURES = _limit(
    20,
    "signatures",
    "those in a request that security:hmac looks at",
    beyond="401",
    reason="each is compared with each secret; services send two or three",
)
MOST_KEYS_OF_A_SET = _limit(
    100,
    "keys",
    "those of a JWKS document that are looked at",
    beyond="the rest is passed over",
    reason="issuers have some two or three",
)
LONGEST_FETCH_OF_KEYS = _limit(
    5.0,
    "seconds",
    "fetching the keys of a jwks url, to the last byte",
    beyond="SECURITY:CONNECTIVITY, unless keys of before serve",
    reason="callers wait meanwhile",
)
LONGEST_WAIT_FOR_KEYS = _limit(
    1.0,
    "seconds",
    "the wait for newer keys where those of before are at hand",
    beyond="those of before serve",
    reason="an issuer that hangs must not hold every caller",
)
UNKNOWN_KEYS_ASKED = _limit(
    60.0,
    "seconds",
    "the time between two looks for a key that is not known",
    beyond="401 without asking",
    reason="a token may name any key",
)
OLDEST_KEYS = _limit(
    86400.0,
    "seconds",
    "the age of keys that serve while no newer ones can be fetched",
    beyond="SECURITY:CONNECTIVITY",
    reason="a key that was withdrawn must end some day",
)
LARGEST_PASSWORD_HASH = _limit(
    2**26,
    "bytes",
    "the memory that one hash of a password takes (scrypt)",
    beyond="a mistake at load",
    reason="each guess takes as much",
)

LONGEST_HOME_OPERATION = _limit(
    2.0,
    "seconds",
    "an operation of a home of state, such as a Redis server (`url`, `stateUrl`)",
    beyond="OS:STORE_NOT_AVAILABLE; each element says what it does then (`whenAway`)",
    reason="a server that is cut off gives no answer, and requests wait for it",
)
MOST_HOME_CONNECTIONS = _limit(
    16,
    "connections",
    "those of a process to a home of state",
    beyond="an operation waits for one; its own time begins then",
    reason="an operation takes less than a millisecond, and servers count their clients",
)
MOST_REMEMBERED = _limit(
    100_000,
    "messages",
    "those that an idempotent-message-validator, or a redelivery-policy, remembers without an objectStore",
    beyond="the oldest is forgotten",
    reason="payloads choose the identifiers; 100,000 take some 40 MB",
    parameter="objectStore",
)
LARGEST_REMEMBERED = _limit(
    64 * 2**20,
    "bytes",
    "what is remembered of all these messages",
    beyond="the oldest are forgotten",
    reason="payloads choose the values of valueExpression, and what errors say",
    parameter="objectStore",
)
LONGEST_KEPT_KEY = _limit(
    256,
    "characters",
    "a key that a cache or another scope keeps as it is",
    beyond="its digest is kept",
    reason="payloads choose the keys",
)
LONGEST_STORE_KEY = _limit(
    4_096,
    "characters",
    "the key of an os:* operation",
    beyond="OS:INVALID_KEY",
    reason="payloads choose the keys, and all of them can be listed",
)

_group("Connections")

LISTENER_CONFIG = "of http:listener-config"

MOST_CALLERS = _limit(
    16_000,
    "connections",
    "callers that are connected to an address at once, in each worker",
    beyond="503 with Retry-After, and the connection ends",
    reason="each costs some 10 KB and a file descriptor, of which the process keeps some for other things",
    parameter=f"maxConnections {LISTENER_CONFIG}",
)
HEADER_TIMEOUT = _limit(
    10.0,
    "seconds",
    "the time that the head of a request may take, with the handshake of TLS before the first",
    beyond="408; a connection on which nothing came is closed",
    reason="a head that comes byte by byte would hold a connection for ever",
    parameter=f"headerTimeout {LISTENER_CONFIG}",
)
IDLE_TIMEOUT = _limit(
    30.0,
    "seconds",
    "the time between two requests of a connection",
    beyond="it is closed",
    reason="who comes no more should not hold a connection",
    parameter=f"connectionIdleTimeout {LISTENER_CONFIG}",
)
MOST_PIPELINED = _limit(
    100,
    "requests",
    "requests of a connection that wait for the answers before theirs",
    beyond="429, and the connection ends",
    reason="they come in far less time than answers are made",
)
PIPELINED = _limit(
    8 * 2**10,
    "bytes",
    "what a request that waits for the answers before its own counts as, of maxBufferedBytes",
    beyond="503, as for any bytes beyond it",
    reason="a request of 50 bytes takes some thousand in memory",
)
LINGER = _limit(
    2.0,
    "seconds",
    "the time that is left to a caller which has its answer and sends little more, before its connection is closed",
    beyond="it is closed",
    reason="to close while bytes are on their way would reset the answer before it is read",
)
SLOWEST_SENDER = _limit(
    8 * 2**10,
    "bytes a second",
    "how fast a caller which has its answer must at least send the rest of its request",
    beyond="the connection is closed",
    reason="a byte a second would hold it",
)
LONGEST_LINGER = _limit(
    10.0,
    "seconds",
    "the time that the rest of a request may take after its answer",
    beyond="the connection is closed",
    reason="nobody wants it",
)
MOST_PASSED_OVER = _limit(
    128 * 2**20,
    "bytes",
    "the rest of a request that is passed over when its answer was given",
    beyond="the connection is closed",
    reason="who sends for ever should find an end",
)
SLOWEST_READER = _limit(
    1024,
    "bytes a second",
    "how fast a caller must at least take what waits for it",
    beyond="the connection is reset",
    reason="the answer is in memory until it is taken",
)
STUCK = _limit(
    60.0,
    "seconds",
    "the time over which the speed of a slow reader is measured",
    beyond="the connection is reset",
    reason="a network may fail for a while",
)
MAX_UNSENT_BYTES = _limit(
    256 * 2**20,
    "bytes",
    "answers that wait for slow readers, of all connections to an address together, in each worker",
    beyond="the connection of the slowest of them is reset",
    reason="who asks for large answers and takes none would fill the memory",
    parameter=f"maxUnsentBytes {LISTENER_CONFIG}",
)

_group("Requests")

MAX_HEADER_SIZE = _limit(
    64 * 2**10,
    "bytes",
    "the url of a request, its headers together, its trailers together, and what stands between the chunks of its body",
    beyond="414 for the url, else 431",
    reason="they are in memory before anybody is asked whether the request may come in",
    parameter=f"maxHeaderSize {LISTENER_CONFIG}",
)
MAX_HEADERS = _limit(
    100,
    "headers",
    "headers, and trailers, of a request",
    beyond="431",
    reason="each is an object of its own",
    parameter=f"maxHeaders {LISTENER_CONFIG}",
)
MAX_BODY_SIZE = _limit(
    10 * 2**20,
    "bytes",
    "the body of a request, inflated; of a streaming listener each record",
    beyond="413",
    reason="it is in memory as a whole",
    parameter=f"maxBodySize {LISTENER_CONFIG}",
)
READ_TIMEOUT = _limit(
    30.0,
    "seconds",
    "the time that a body may take; of a streaming listener that of each wait for more",
    beyond="408",
    reason="a body that comes byte by byte would hold its place for ever",
    parameter=f"readTimeout {LISTENER_CONFIG}",
)
MAX_BUFFERED_BYTES = _limit(
    64 * 2**20,
    "bytes",
    "all requests to an address that have not come whole, inflated, in each worker; more where maxBodySize is more",
    beyond="503 with Retry-After",
    reason="a hundred callers that send all but the last byte of the largest body would take a gigabyte",
    parameter=f"maxBufferedBytes {LISTENER_CONFIG}",
)
UNCOUNTED = _limit(
    4 * 2**10,
    "bytes",
    "what of each such request does not count",
    beyond="it counts",
    reason="small requests come in where large ones that do not end have taken all the room",
)
MOST_SPOOLED = _limit(
    2**30,
    "bytes",
    "files of forms that have not come whole and lie on the disk, in each worker; more where maxBodySize is more",
    beyond="503 with Retry-After",
    reason="the disk, too, is everybody's",
)

FLOW_TIMEOUT = _limit(
    30.0,
    "seconds",
    "the time that a flow with an http:listener may take",
    beyond="504",
    reason="who waits longer has hung up",
    parameter="timeout of the flow",
)
LONGEST_CORRELATION_ID = _limit(
    128,
    "characters",
    "a correlation id: X-Correlation-ID of a request, tracing:with-correlation-id",
    beyond="a new one; MULE:EXPRESSION of tracing:with-correlation-id",
    reason="it stands in each line of the log, and in each request",
)
LONGEST_TRACE_STATE = _limit(
    512,
    "characters",
    "the tracestate of a request",
    beyond="it is not passed on",
    reason="as the standard has it (W3C Trace Context, 3.3.1)",
)
LONGEST_ADDRESS = _limit(
    100,
    "characters",
    "an IP address, or a network, in a header or in a payload",
    beyond="it is none",
    reason="no address has so many",
)
MOST_VIOLATIONS = _limit(
    1_000,
    "violations",
    "violations of a JSON Schema that an error tells",
    beyond="the rest is passed over",
    reason="a large body may have one for each value",
)
LONGEST_OF_VIOLATION = _limit(
    100,
    "characters",
    "a path, a name or a bound in a violation",
    beyond="its beginning is told",
    reason="a caller chooses the names",
)
LONGEST_URL = _limit(
    8_192,
    "characters",
    "a url that validation:is-url takes",
    beyond="it does not hold: VALIDATION:INVALID_URL",
    reason="servers take no longer ones",
)
LONGEST_READY_CHECK = _limit(
    2.0,
    "seconds",
    "the time in which a config must say that it is ready",
    beyond="503 of /-/ready",
    reason="who asks for it waits no longer",
)

_group("Reading")

MOST_JSON_FIELDS = _limit(
    500_000,
    "fields",
    "the maps of a JSON text, all together",
    beyond="413; HTTP:RESPONSE_TOO_LARGE; MULE:EXPRESSION",
    reason="it is read in half a second; 10 MiB of records have fewer, but for the smallest",
)
MOST_JSON_TEXTS = _limit(
    1_200_000,
    "texts, keys included",
    "a JSON text, unless they are the same few",
    beyond="413; HTTP:RESPONSE_TOO_LARGE; MULE:EXPRESSION",
    reason="10 MiB of short ones would take 130 MiB",
)
MOST_REPEATED_TEXTS = _limit(
    4096,
    "texts",
    "how many different ones are the same few: country codes, flags, words",
    beyond="all count",
    reason="each is in memory once, however often it stands there",
)
MOST_JSON_VALUES = _limit(
    800_000,
    "lists, maps and fields",
    "a JSON text",
    beyond="413; HTTP:RESPONSE_TOO_LARGE; MULE:EXPRESSION",
    reason="10 MiB of lists inside each other would take 400 MiB",
)
MOST_READ_COLUMNS = _limit(
    10_000,
    "columns",
    "a text of CSV that is read by read()",
    beyond=EXPRESSION,
    reason="rows may be shorter than the first; what they lack counts with all cells",
)
MOST_READ_FIELDS = _limit(
    10_000,
    "fields",
    "a form that is read by read()",
    beyond=EXPRESSION,
    reason="a form of people has a hundred",
)
MOST_BROKEN_ESCAPES = _limit(
    10_000,
    "signs",
    "signs % that begin no escape in a form or a query, all together",
    beyond="400; MULE:EXPRESSION",
    reason="each is looked at by itself",
)

_group("Bodies")

MOST_FIELDS = _limit(
    1000,
    "fields",
    "a form, a query",
    beyond="400",
    reason="as many browsers and servers have it",
)
SMALL_INFLATED = _limit(
    2**20,
    "bytes",
    "a compressed body that may inflate to any multiple",
    beyond="then HIGHEST_RATIO counts",
    reason="a short text may be one letter",
)
HIGHEST_RATIO = _limit(
    200,
    "times",
    "what a compressed body inflates to, over what came of it",
    beyond="413; HTTP:RESPONSE_TOO_LARGE",
    reason="records come down to a tenth, seldom to a thirtieth; gzip can make a thousandth of line feeds",
)
MOST_COLUMNS = _limit(
    1000,
    "columns",
    "a stream of CSV",
    beyond="413",
    reason="a row of two bytes has a value for each",
)
MOST_CELLS = _limit(
    2**20,
    "cells",
    "a row of CSV",
    beyond="413",
    reason="a row of 10 MiB of commas would take 100 MiB",
)

_group("Writing")

MOST_WRITTEN = _limit(
    2_000_000,
    "values",
    "what write() makes JSON or NDJSON of",
    beyond=EXPRESSION,
    reason="it is written in less than half a second",
)
LARGEST_HEADERS = _limit(
    2**18,
    "characters",
    "the headers that a flow sets, of an answer or a request",
    beyond=EXPRESSION,
    reason="hardly anybody takes more than 64 KiB; a list is as many headers as it has values",
)
LARGEST_FORM = _limit(
    5_000_000,
    "bytes",
    "what is written as a form",
    beyond="MULE:TRANSFORMATION; MULE:EXPRESSION",
    reason="each byte is looked up; it is written in a fifth of a second",
)
LARGEST_CSV = _limit(
    16 * 2**20,
    "characters",
    "what is written as CSV; at most four cells for each of the values that are read",
    beyond=EXPRESSION,
    reason="it is written in less than half a second",
)
LARGEST_WRITTEN = _limit(
    32 * 2**20,
    "bytes",
    "a value as text: an answer, a request's body, a line of the log, what a store keeps",
    beyond="MULE:TRANSFORMATION, or MULE:EXPRESSION inside an expression",
    reason="a value that is small in memory may be endless as text; what is larger is sent as a stream",
)

_group("Databases")

LONGEST_LIST_OF_STATEMENT = _limit(
    100_000,
    "entries",
    "a list behind IN",
    beyond="DB:QUERY_EXECUTION",
    reason="it is written for the driver in the event loop",
)

_group("Batch jobs")

MOST_RESULTS_IN_PAGE = _limit(
    1_000,
    "records",
    "one page of batch:results",
    beyond="the page ends there, and its `next` goes on",
    reason="a job may have millions",
)
LONGEST_OUTCOME = _limit(
    2_000,
    "characters",
    "the message of a failed record that is kept",
    beyond="it is cut",
    reason="it may show a payload of any size, for each of millions of records",
)

_group("Loops and calls")

MOST_ROUNDS = _limit(
    1_000,
    "rounds",
    "a repeat",
    beyond="MULE:REPEAT_EXHAUSTED",
    reason="a condition that never comes true would call an upstream without end",
    parameter="maxIterations of repeat",
)

MOST_PAGES = _limit(
    1_000,
    "pages",
    "an http:request with paginate",
    beyond="MULE:REPEAT_EXHAUSTED",
    reason="an upstream whose pages never end would be asked without end",
    parameter="maxPages of paginate",
)

DEEPEST_FLOWS = _limit(
    50,
    "flows",
    "flows and sub-flows that call each other",
    beyond="MULE:ROUTING",
    reason="a recursion without end would fill the memory",
)

_group("Work at the same time")

MOST_ROUTES = _limit(
    1_000,
    "routes",
    "how many of a parallel-foreach or scatter-gather run at once",
    beyond="the others wait",
    reason="each is a task, and has a connection if it asks somebody",
    parameter="maxConcurrency",
)
DEEPEST_ROUTES = _limit(
    3,
    "scopes",
    "parallel scopes inside each other that run their routes at once",
    beyond="those further inside run one route after another",
    reason="a recursion would have so many tasks before its end that no memory and no deadline could hold them",
)
MOST_WORKERS = _limit(
    10_000,
    "tasks",
    "all parallel scopes of the process",
    beyond="a scope has one task",
    reason="many requests may each have many routes",
)
MOST_IN_BACKGROUND = _limit(
    1_000,
    "events",
    "how many of one async run at once",
    beyond="the others wait",
    reason="nobody waits for them, so nothing else would slow their callers down",
    parameter="maxConcurrency of async",
)
MOST_WAITING = _limit(
    10_000,
    "events",
    "how many wait for their turn in one async",
    beyond="MULE:OVERLOAD in the log: the event is not run",
    reason="they are kept in memory",
)
