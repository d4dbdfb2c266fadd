"""Mule 4 applications: their XML, and what it becomes here."""
