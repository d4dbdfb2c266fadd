"""The error types of the namespace BATCH (ours)."""

from __future__ import annotations

from engine.connectors import ANY

INVALID_VALUE = ANY.child("INVALID_VALUE", "BATCH")
NOT_FOUND = ANY.child("NOT_FOUND", "BATCH")
INVALID_PAGE = ANY.child("INVALID_PAGE", "BATCH")
