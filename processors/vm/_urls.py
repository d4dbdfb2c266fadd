"""The urls of queues."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

from engine import Kind
from engine.connectors import MEMORY_URL, REDIS_SCHEMES, TEXT, ServerUrls

RABBITMQ = ("amqp", "amqps")
SERVERS = {**dict.fromkeys(REDIS_SCHEMES, ("redis", "redis")), **dict.fromkeys(RABBITMQ, ("aio_pika", "rabbitmq"))}
"""The package, and the extra with it, of each scheme."""
URLS = "redis://host:6379/0, rediss://…, unix:///socket, amqp://host:5672/, amqps://…, sqlite:///file.db or memory://"
QUEUES = ServerUrls(SERVERS, "the url of a server, a file or the memory for queues", URLS)


def _url(value: Any) -> Any:
    return value if value == MEMORY_URL else QUEUES.checked(value)


QueueUrl = Annotated[str, BeforeValidator(_url), Kind("url of queues", TEXT)]
"""The url of queues."""
