"""The error types of queues (Mule's), and two of ours: INVALID_VALUE and CONNECTIVITY."""

from __future__ import annotations

from engine.connectors import ANY, error_type

QUEUE_TIMEOUT = ANY.child("QUEUE_TIMEOUT", "VM")
EMPTY_QUEUE = ANY.child("EMPTY_QUEUE", "VM")
PUBLISH_CONSUMER_FLOW_ERROR = ANY.child("PUBLISH_CONSUMER_FLOW_ERROR", "VM")
INVALID_VALUE = ANY.child("INVALID_VALUE", "VM")
VM_CONNECTIVITY = error_type("VM:CONNECTIVITY")
