"""The packages of a wheel: pyproject.toml cannot name a folder that is found elsewhere beside those that are found."""

from setuptools import find_namespace_packages, setup

setup(packages=[*find_namespace_packages(include=["engine*", "processors*"]), "engine.gallery"])
