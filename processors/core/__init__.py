"""Mule's core: setting values, scopes, routers, error handling."""
