"""What child elements become: values, maps, entries of lists."""

from __future__ import annotations

from engine.mule.conversion.conversion import Conversion
from engine.mule.conversion.rule import FromChild, Params, Rule
from engine.mule.xml.nodes import Node


def content(parameter: str) -> FromChild:
    """Return what makes a parameter of a child's text."""

    def convert(conversion: Conversion, node: Node) -> Params:
        conversion.check_no_children(node)
        return {parameter: conversion.content(node)}

    return convert


def within(parameter: str, rule: Rule) -> FromChild:
    """Return what makes a map of a child, by a rule of its own."""

    def convert(conversion: Conversion, node: Node) -> Params:
        return {parameter: conversion.params(node, rule)}

    return convert


def melted(rule: Rule) -> FromChild:
    """Return what adds a child's parameters to those of its parent."""

    def convert(conversion: Conversion, node: Node) -> Params:
        return conversion.params(node, rule)

    return convert


def listed(parameter: str, rule: Rule) -> FromChild:
    """Return what makes an entry of a list of each child of a name."""

    def convert(conversion: Conversion, node: Node) -> Params:
        return {parameter: [conversion.params(node, rule)]}

    return convert
