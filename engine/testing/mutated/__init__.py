"""Slips that are put into flows, to see whether a case notices."""
