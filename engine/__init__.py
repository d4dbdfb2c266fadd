"""Declarative integration flows: what embeds the engine and what writes processors imports from here.

Names are imported when they are first used, so that `engine --help` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.application import Application as Application
    from engine.application import StartError as StartError
    from engine.content.bodies import ContentError as ContentError
    from engine.content.bodies import TooMuchContent as TooMuchContent
    from engine.content.bodies import encoded as encoded
    from engine.content.bodies import essence_of as essence_of
    from engine.content.bodies import format_of as format_of
    from engine.content.bodies import read_content as read_content
    from engine.content.bodies import write_content as write_content
    from engine.content.csv_options import CsvOptions as CsvOptions
    from engine.expressions.appended import Appended as Appended
    from engine.expressions.budget import current_budget as current_budget
    from engine.expressions.budget import one_evaluation as one_evaluation
    from engine.expressions.budget import with_own_budget as with_own_budget
    from engine.expressions.digits import is_digits as is_digits
    from engine.expressions.errors import EvaluationError as EvaluationError
    from engine.expressions.forms import write_pairs as write_pairs
    from engine.expressions.functions.date_patterns import fits_date_pattern as fits_date_pattern
    from engine.expressions.functions.dates import point_in_time as point_in_time
    from engine.expressions.functions.iso_8601 import read_iso_8601 as read_iso_8601
    from engine.expressions.functions.patterns import whole_match as whole_match
    from engine.expressions.held import UNTOLD as UNTOLD
    from engine.expressions.held import Computed as Computed
    from engine.expressions.held import Constant as Constant
    from engine.expressions.held import Held as Held
    from engine.expressions.held import Labelled as Labelled
    from engine.expressions.held import Let as Let
    from engine.expressions.held import ListOf as ListOf
    from engine.expressions.held import MapOf as MapOf
    from engine.expressions.held import TextOf as TextOf
    from engine.expressions.operators import equals as equals
    from engine.expressions.operators import is_number as is_number
    from engine.expressions.operators import number_in as number_in
    from engine.expressions.suggestion import did_you_mean as did_you_mean
    from engine.expressions.texts import text_of as text_of
    from engine.expressions.writing import WRITING_ERRORS as WRITING_ERRORS
    from engine.expressions.writing import TooLarge as TooLarge
    from engine.expressions.writing import encode as encode
    from engine.expressions.writing import to_text as to_text
    from engine.loading.data import as_data as as_data
    from engine.loading.diagnostic import LoadError as LoadError
    from engine.loading.document import Document as Document
    from engine.parameters.amounts import Amount as Amount
    from engine.parameters.amounts import CommaList as CommaList
    from engine.parameters.amounts import ConfigRef as ConfigRef
    from engine.parameters.amounts import Count as Count
    from engine.parameters.amounts import Duration as Duration
    from engine.parameters.amounts import Interval as Interval
    from engine.parameters.amounts import Name as Name
    from engine.parameters.amounts import Number as Number
    from engine.parameters.amounts import Period as Period
    from engine.parameters.amounts import Size as Size
    from engine.parameters.amounts import TimeUnit as TimeUnit
    from engine.parameters.amounts import Whole as Whole
    from engine.parameters.config import Config as Config
    from engine.parameters.element import Element as Element
    from engine.parameters.element import Field as Field
    from engine.parameters.element import Parameters as Parameters
    from engine.parameters.element import prepared as prepared
    from engine.parameters.element import raised_types as raised_types
    from engine.parameters.expression import Condition as Condition
    from engine.parameters.expression import Expression as Expression
    from engine.parameters.expression import Template as Template
    from engine.parameters.expression import Written as Written
    from engine.parameters.file_template import FileTemplate as FileTemplate
    from engine.parameters.files import Folder as Folder
    from engine.parameters.files import ResourceError as ResourceError
    from engine.parameters.files import read_file as read_file
    from engine.parameters.loading import Loading as Loading
    from engine.parameters.loading import loading_of as loading_of
    from engine.parameters.mistake import Mistake as Mistake
    from engine.parameters.mistake import built as built
    from engine.parameters.mistake import refuse as refuse
    from engine.parameters.mistake import shown as shown
    from engine.parameters.networks import Network as Network
    from engine.parameters.networks import Networks as Networks
    from engine.parameters.networks import entries_of as entries_of
    from engine.parameters.networks import read_address as read_address
    from engine.parameters.networks import read_network as read_network
    from engine.parameters.python_function import PythonFunction as PythonFunction
    from engine.parameters.reader import ROOTS as ROOTS
    from engine.parameters.reader import Evaluate as Evaluate
    from engine.parameters.reader import Reader as Reader
    from engine.parameters.reconnection import Reconnection as Reconnection
    from engine.parameters.resource import Resource as Resource
    from engine.parameters.type_patterns import RaisedType as RaisedType
    from engine.parameters.type_patterns import TypePatterns as TypePatterns
    from engine.parameters.validated import TEXT as TEXT
    from engine.parameters.validated import TEXTS as TEXTS
    from engine.parameters.validated import Kind as Kind
    from engine.parameters.validated import Validated as Validated
    from engine.parameters.validated import typed as typed
    from engine.plan.code import PASS as PASS
    from engine.plan.code import Code as Code
    from engine.plan.code import Run as Run
    from engine.plan.code import RunPlain as RunPlain
    from engine.plan.code import choose as choose
    from engine.plan.effects import ANYTHING as ANYTHING
    from engine.plan.effects import PURE as PURE
    from engine.plan.effects import Effects as Effects
    from engine.plan.effects import computing as computing
    from engine.plan.effects import union as union
    from engine.plan.link import Link as Link
    from engine.plan.observer import Observer as Observer
    from engine.serving.cors import Cors as Cors
    from engine.serving.headers import Headers as Headers
    from engine.serving.headers import checked_headers as checked_headers
    from engine.serving.headers import header_value as header_value
    from engine.serving.headers import headers_of as headers_of
    from engine.serving.idempotency import Idempotency as Idempotency
    from engine.serving.inflating import INFLATERS as INFLATERS
    from engine.serving.inflating import CutOff as CutOff
    from engine.serving.inflating import Damaged as Damaged
    from engine.serving.inflating import TooDense as TooDense
    from engine.serving.inflating import inflated as inflated
    from engine.serving.rate_limit import RateLimit as RateLimit
    from engine.serving.route import USUAL_METHODS as USUAL_METHODS
    from engine.serving.route import HttpResponse as HttpResponse
    from engine.serving.route import HttpSource as HttpSource
    from engine.serving.route import Limits as Limits
    from engine.serving.route import Route as Route
    from engine.steps.active_source import ActiveSource as ActiveSource
    from engine.steps.authentication import AUTHENTICATION as AUTHENTICATION
    from engine.steps.authentication import CREDENTIALS as CREDENTIALS
    from engine.steps.authentication import NOT_PERMITTED as NOT_PERMITTED
    from engine.steps.authentication import UNAUTHORIZED as UNAUTHORIZED
    from engine.steps.authentication import Authentication as Authentication
    from engine.steps.authentication import authenticated as authenticated
    from engine.steps.authentication import callers as callers
    from engine.steps.authentication import identities as identities
    from engine.steps.authentication import usual_credentials as usual_credentials
    from engine.steps.chain import Chain as Chain
    from engine.steps.chain import Step as Step
    from engine.steps.collect import Collect as Collect
    from engine.steps.collect import StreamingCollect as StreamingCollect
    from engine.steps.error_handler import ErrorHandler as ErrorHandler
    from engine.steps.error_handler import OnError as OnError
    from engine.steps.error_handler import OwnErrorHandler as OwnErrorHandler
    from engine.steps.error_handler import log_failure as log_failure
    from engine.steps.flow_link import FlowLink as FlowLink
    from engine.steps.heads import authentications as authentications
    from engine.steps.heads import steps_within as steps_within
    from engine.steps.parallel import ParallelScope as ParallelScope
    from engine.steps.processor import After as After
    from engine.steps.processor import Operation as Operation
    from engine.steps.processor import Processor as Processor
    from engine.steps.processor import Served as Served
    from engine.steps.processor import Source as Source
    from engine.steps.processor import VoidOperation as VoidOperation
    from engine.steps.scope import Scope as Scope
    from engine.steps.scope import run_route as run_route
    from engine.steps.scope import within as within
    from engine.steps.trees import paths as paths
    from engine.stores.local_store import LocalStore as LocalStore
    from engine.stores.local_store import default_store as default_store
    from engine.stores.local_store import private_store as private_store
    from engine.stores.redelivery import DelayedRedelivery as DelayedRedelivery
    from engine.stores.store import INVALID_KEY as INVALID_KEY
    from engine.stores.store import INVALID_VALUE as INVALID_VALUE
    from engine.stores.store import KEY_ALREADY_EXISTS as KEY_ALREADY_EXISTS
    from engine.stores.store import KEY_NOT_FOUND as KEY_NOT_FOUND
    from engine.stores.store import NULL_VALUE as NULL_VALUE
    from engine.stores.store import STORE_NOT_AVAILABLE as STORE_NOT_AVAILABLE
    from engine.stores.store import Store as Store
    from engine.stores.store import StoreRef as StoreRef
    from engine.values.addresses import Address as Address
    from engine.values.addresses import is_private_host as is_private_host
    from engine.values.errors import ANY as ANY
    from engine.values.errors import CIRCUIT_OPEN as CIRCUIT_OPEN
    from engine.values.errors import CLIENT_ERROR as CLIENT_ERROR
    from engine.values.errors import CLIENT_SECURITY as CLIENT_SECURITY
    from engine.values.errors import COMPOSITE_ROUTING as COMPOSITE_ROUTING
    from engine.values.errors import CONNECTIVITY as CONNECTIVITY
    from engine.values.errors import CRITICAL as CRITICAL
    from engine.values.errors import DUPLICATE_MESSAGE as DUPLICATE_MESSAGE
    from engine.values.errors import EXPRESSION as EXPRESSION
    from engine.values.errors import FLOW_BACK_PRESSURE as FLOW_BACK_PRESSURE
    from engine.values.errors import OVERLOAD as OVERLOAD
    from engine.values.errors import REDELIVERY_EXHAUSTED as REDELIVERY_EXHAUSTED
    from engine.values.errors import REPEAT_EXHAUSTED as REPEAT_EXHAUSTED
    from engine.values.errors import RETRY_EXHAUSTED as RETRY_EXHAUSTED
    from engine.values.errors import ROUTING as ROUTING
    from engine.values.errors import SECURITY as SECURITY
    from engine.values.errors import SERVER_ERROR as SERVER_ERROR
    from engine.values.errors import SERVER_SECURITY as SERVER_SECURITY
    from engine.values.errors import STATUS_TYPES as STATUS_TYPES
    from engine.values.errors import TIMEOUT as TIMEOUT
    from engine.values.errors import TRANSFORMATION as TRANSFORMATION
    from engine.values.errors import UNKNOWN as UNKNOWN
    from engine.values.errors import VALIDATION as VALIDATION
    from engine.values.errors import ErrorType as ErrorType
    from engine.values.errors import FlowError as FlowError
    from engine.values.errors import error_type as error_type
    from engine.values.event import NOTHING as NOTHING
    from engine.values.event import STATUS as STATUS
    from engine.values.event import Event as Event
    from engine.values.event import Message as Message
    from engine.values.media import read_json as read_json
    from engine.values.media import read_media_type as read_media_type
    from engine.values.media import read_yaml as read_yaml
    from engine.values.refusal import Refusal as Refusal
    from engine.values.request_path import PathPattern as PathPattern
    from engine.values.request_path import cut_path as cut_path
    from engine.values.request_path import joined_path as joined_path
    from engine.values.spooled import Spooled as Spooled
    from engine.values.stored_values import NotSerialisable as NotSerialisable
    from engine.values.stored_values import identifier_of as identifier_of
    from engine.values.stored_values import key_of as key_of
    from engine.values.stored_values import restore as restore
    from engine.values.stored_values import serialise as serialise
    from engine.values.stored_values import text_key as text_key
    from engine.values.stream import Stream as Stream
    from engine.values.stream import Unreadable as Unreadable
    from engine.wire.connections import Connections as Connections
    from engine.work.batch import MOST_TOGETHER as MOST_TOGETHER
    from engine.work.batch import Again as Again
    from engine.work.batch import BatchInDoubt as BatchInDoubt
    from engine.work.batch import Batching as Batching
    from engine.work.batch import BatchLost as BatchLost
    from engine.work.batch import Points as Points
    from engine.work.batch import together as together
    from engine.work.clock import Clock as Clock
    from engine.work.gate import Gate as Gate
    from engine.work.held_lines import write_line as write_line
    from engine.work.isolation import Isolation as Isolation
    from engine.work.local_database import LocalDatabase as LocalDatabase
    from engine.work.nesting import Runnable as Runnable
    from engine.work.runtime import Runtime as Runtime
    from engine.work.strand import strand as strand
    from engine.work.tracing import trace_headers as trace_headers
    from engine.work.transaction import Transaction as Transaction
    from engine.work.turns import MUCH as MUCH
    from engine.work.turns import OFTEN as OFTEN
    from engine.work.turns import give_turn as give_turn
    from engine.work.turns import give_turn_after_much as give_turn_after_much
    from engine.work.turns import is_turn_over as is_turn_over

__version__ = "0.1.0"

_MODULES = {
    "engine.application": "Application StartError",
    "engine.plan.code": "PASS Code Run RunPlain choose",
    "engine.plan.effects": "ANYTHING PURE Effects computing union",
    "engine.plan.link": "Link",
    "engine.plan.observer": "Observer",
    "engine.steps.active_source": "ActiveSource",
    "engine.values.addresses": "Address is_private_host",
    "engine.steps.authentication": (
        "AUTHENTICATION CREDENTIALS NOT_PERMITTED UNAUTHORIZED Authentication authenticated callers identities "
        "usual_credentials"
    ),
    "engine.parameters.networks": "Network Networks entries_of read_address read_network",
    "engine.work.batch": "MOST_TOGETHER Again Batching BatchInDoubt BatchLost Points together",
    "engine.steps.chain": "Chain Step",
    "engine.work.clock": "Clock",
    "engine.steps.collect": "Collect StreamingCollect",
    "engine.parameters.config": "Config",
    "engine.parameters.element": "Element Field Parameters prepared raised_types",
    "engine.steps.error_handler": "ErrorHandler OnError OwnErrorHandler log_failure",
    "engine.values.errors": (
        "ANY CIRCUIT_OPEN CLIENT_ERROR CLIENT_SECURITY COMPOSITE_ROUTING CONNECTIVITY CRITICAL DUPLICATE_MESSAGE "
        "EXPRESSION FLOW_BACK_PRESSURE OVERLOAD REDELIVERY_EXHAUSTED REPEAT_EXHAUSTED RETRY_EXHAUSTED ROUTING SECURITY "
        "SERVER_ERROR SERVER_SECURITY STATUS_TYPES TIMEOUT TRANSFORMATION UNKNOWN VALIDATION ErrorType FlowError "
        "error_type"
    ),
    "engine.values.event": "NOTHING STATUS Event Message",
    "engine.parameters.expression": "Condition Expression Template Written",
    "engine.parameters.files": "Folder ResourceError read_file",
    "engine.steps.flow_link": "FlowLink",
    "engine.parameters.file_template": "FileTemplate",
    "engine.work.gate": "Gate",
    "engine.work.held_lines": "write_line",
    "engine.values.media": "read_json read_media_type read_yaml",
    "engine.parameters.loading": "Loading loading_of",
    "engine.parameters.mistake": "Mistake built refuse shown",
    "engine.work.nesting": "Runnable",
    "engine.steps.parallel": "ParallelScope",
    "engine.parameters.amounts": (
        "Amount CommaList ConfigRef Count Duration Interval Name Number Period Size TimeUnit Whole"
    ),
    "engine.steps.processor": "After Operation Processor Served Source VoidOperation",
    "engine.parameters.reader": "ROOTS Evaluate Reader",
    "engine.steps.heads": "authentications steps_within",
    "engine.parameters.reconnection": "Reconnection",
    "engine.stores.redelivery": "DelayedRedelivery",
    "engine.values.refusal": "Refusal",
    "engine.values.request_path": "PathPattern cut_path joined_path",
    "engine.parameters.resource": "Resource",
    "engine.parameters.python_function": "PythonFunction",
    "engine.work.runtime": "Runtime",
    "engine.steps.scope": "Scope run_route within",
    "engine.work.tracing": "trace_headers",
    "engine.values.spooled": "Spooled",
    "engine.work.strand": "strand",
    "engine.values.stream": "Stream Unreadable",
    "engine.work.transaction": "Transaction",
    "engine.work.turns": "MUCH OFTEN give_turn give_turn_after_much is_turn_over",
    "engine.work.isolation": "Isolation",
    "engine.work.local_database": "LocalDatabase",
    "engine.stores.local_store": "LocalStore default_store private_store",
    "engine.stores.store": (
        "INVALID_KEY INVALID_VALUE KEY_ALREADY_EXISTS KEY_NOT_FOUND NULL_VALUE STORE_NOT_AVAILABLE Store StoreRef"
    ),
    "engine.values.stored_values": "NotSerialisable identifier_of key_of restore serialise text_key",
    "engine.steps.trees": "paths",
    "engine.parameters.type_patterns": "RaisedType TypePatterns",
    "engine.parameters.validated": "TEXT TEXTS Kind Validated typed",
    "engine.expressions.appended": "Appended",
    "engine.expressions.budget": "current_budget one_evaluation with_own_budget",
    "engine.expressions.digits": "is_digits",
    "engine.expressions.errors": "EvaluationError",
    "engine.expressions.forms": "write_pairs",
    "engine.expressions.texts": "text_of",
    "engine.expressions.functions.date_patterns": "fits_date_pattern",
    "engine.expressions.functions.dates": "point_in_time",
    "engine.expressions.functions.iso_8601": "read_iso_8601",
    "engine.expressions.functions.patterns": "whole_match",
    "engine.expressions.held": "UNTOLD Computed Constant Held Labelled Let ListOf MapOf TextOf",
    "engine.expressions.operators": "equals is_number number_in",
    "engine.expressions.suggestion": "did_you_mean",
    "engine.expressions.writing": "WRITING_ERRORS TooLarge encode to_text",
    "engine.loading.data": "as_data",
    "engine.loading.diagnostic": "LoadError",
    "engine.loading.document": "Document",
    "engine.content.bodies": "ContentError TooMuchContent encoded essence_of format_of read_content write_content",
    "engine.serving.headers": "Headers checked_headers header_value headers_of",
    "engine.serving.cors": "Cors",
    "engine.serving.idempotency": "Idempotency",
    "engine.serving.rate_limit": "RateLimit",
    "engine.content.csv_options": "CsvOptions",
    "engine.serving.inflating": "INFLATERS CutOff Damaged TooDense inflated",
    "engine.wire.connections": "Connections",
    "engine.serving.route": "USUAL_METHODS HttpResponse HttpSource Limits Route",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
