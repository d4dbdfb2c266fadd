"""Declarative integration flows: what authors of processors and those who embed the engine import.

`engine.connectors` has what databases, brokers, HTTP, stores, security and scopes need beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.application import Application as Application
    from engine.edition import StartError as StartError
    from engine.expressions.writing import to_text as to_text
    from engine.loading.diagnostic import LoadError as LoadError
    from engine.parameters.amounts import Amount as Amount
    from engine.parameters.amounts import ConfigRef as ConfigRef
    from engine.parameters.amounts import Count as Count
    from engine.parameters.amounts import Duration as Duration
    from engine.parameters.amounts import Name as Name
    from engine.parameters.config import Config as Config
    from engine.parameters.element import Field as Field
    from engine.parameters.element import Parameters as Parameters
    from engine.parameters.element import prepared as prepared
    from engine.parameters.expression import Condition as Condition
    from engine.parameters.expression import Expression as Expression
    from engine.parameters.expression import Template as Template
    from engine.parameters.mistake import Mistake as Mistake
    from engine.parameters.mistake import refuse as refuse
    from engine.parameters.mistake import shown as shown
    from engine.parameters.type_patterns import TypePatterns as TypePatterns
    from engine.parameters.validated import Kind as Kind
    from engine.parameters.validated import Validated as Validated
    from engine.plan.code import Code as Code
    from engine.plan.effects import ANYTHING as ANYTHING
    from engine.plan.effects import PURE as PURE
    from engine.plan.effects import Effects as Effects
    from engine.plan.link import Link as Link
    from engine.plan.observer import Observer as Observer
    from engine.steps.chain import Chain as Chain
    from engine.steps.processor import After as After
    from engine.steps.processor import Operation as Operation
    from engine.steps.processor import Processor as Processor
    from engine.steps.processor import Served as Served
    from engine.steps.processor import Source as Source
    from engine.steps.processor import VoidOperation as VoidOperation
    from engine.steps.scope import Scope as Scope
    from engine.values.errors import ErrorType as ErrorType
    from engine.values.errors import FlowError as FlowError
    from engine.values.event import Event as Event
    from engine.values.event import Message as Message
    from engine.values.refusal import Refusal as Refusal
    from engine.values.stream import Stream as Stream
    from engine.work.clock import Clock as Clock
    from engine.work.runtime import Runtime as Runtime
else:
    from engine.faces import on_first_use

    __getattr__ = on_first_use(__name__, __file__)

__version__ = "0.1.0"
