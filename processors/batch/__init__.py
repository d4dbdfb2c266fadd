"""Jobs over any number of records, which outlive the process (Mule's batch module)."""
