"""Durable jobs: records in portions, claims with a lease, one outcome for each record."""
