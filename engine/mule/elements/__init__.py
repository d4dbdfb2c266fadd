"""The rules of Mule's modules, one file for each module."""
