"""Declarative integration flows: what embeds the engine and what writes processors imports from here.

Names are imported when they are first used, so that `engine --help` answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.application import Application as Application
    from engine.application import StartError as StartError
    from engine.core.acting import acting_on as acting_on
    from engine.core.active_source import ActiveSource as ActiveSource
    from engine.core.addresses import Address as Address
    from engine.core.addresses import is_private_host as is_private_host
    from engine.core.authentication import AUTHENTICATION as AUTHENTICATION
    from engine.core.authentication import CREDENTIALS as CREDENTIALS
    from engine.core.authentication import NOT_PERMITTED as NOT_PERMITTED
    from engine.core.authentication import UNAUTHORIZED as UNAUTHORIZED
    from engine.core.authentication import Authentication as Authentication
    from engine.core.authentication import authenticated as authenticated
    from engine.core.authentication import callers as callers
    from engine.core.authentication import identities as identities
    from engine.core.authentication import usual_credentials as usual_credentials
    from engine.core.batch import MOST_TOGETHER as MOST_TOGETHER
    from engine.core.batch import Again as Again
    from engine.core.batch import BatchInDoubt as BatchInDoubt
    from engine.core.batch import Batching as Batching
    from engine.core.batch import BatchLost as BatchLost
    from engine.core.batch import Points as Points
    from engine.core.batch import result_at_once as result_at_once
    from engine.core.batch import together as together
    from engine.core.chain import Chain as Chain
    from engine.core.chain import Step as Step
    from engine.core.clock import Clock as Clock
    from engine.core.collect import Collect as Collect
    from engine.core.collect import StreamingCollect as StreamingCollect
    from engine.core.config import Config as Config
    from engine.core.element import Element as Element
    from engine.core.element import Field as Field
    from engine.core.element import Parameters as Parameters
    from engine.core.element import raised_types as raised_types
    from engine.core.error_handler import ErrorHandler as ErrorHandler
    from engine.core.error_handler import OnError as OnError
    from engine.core.error_handler import OwnErrorHandler as OwnErrorHandler
    from engine.core.error_handler import log_failure as log_failure
    from engine.core.errors import ANY as ANY
    from engine.core.errors import CIRCUIT_OPEN as CIRCUIT_OPEN
    from engine.core.errors import CLIENT_ERROR as CLIENT_ERROR
    from engine.core.errors import CLIENT_SECURITY as CLIENT_SECURITY
    from engine.core.errors import COMPOSITE_ROUTING as COMPOSITE_ROUTING
    from engine.core.errors import CONNECTIVITY as CONNECTIVITY
    from engine.core.errors import CRITICAL as CRITICAL
    from engine.core.errors import DUPLICATE_MESSAGE as DUPLICATE_MESSAGE
    from engine.core.errors import EXPRESSION as EXPRESSION
    from engine.core.errors import FLOW_BACK_PRESSURE as FLOW_BACK_PRESSURE
    from engine.core.errors import OVERLOAD as OVERLOAD
    from engine.core.errors import REDELIVERY_EXHAUSTED as REDELIVERY_EXHAUSTED
    from engine.core.errors import REPEAT_EXHAUSTED as REPEAT_EXHAUSTED
    from engine.core.errors import RETRY_EXHAUSTED as RETRY_EXHAUSTED
    from engine.core.errors import ROUTING as ROUTING
    from engine.core.errors import SECURITY as SECURITY
    from engine.core.errors import SERVER_ERROR as SERVER_ERROR
    from engine.core.errors import SERVER_SECURITY as SERVER_SECURITY
    from engine.core.errors import STATUS_TYPES as STATUS_TYPES
    from engine.core.errors import TIMEOUT as TIMEOUT
    from engine.core.errors import TRANSFORMATION as TRANSFORMATION
    from engine.core.errors import UNKNOWN as UNKNOWN
    from engine.core.errors import VALIDATION as VALIDATION
    from engine.core.errors import ErrorType as ErrorType
    from engine.core.errors import FlowError as FlowError
    from engine.core.errors import error_type as error_type
    from engine.core.event import NOTHING as NOTHING
    from engine.core.event import STATUS as STATUS
    from engine.core.event import Event as Event
    from engine.core.event import Message as Message
    from engine.core.expression import Condition as Condition
    from engine.core.expression import Expression as Expression
    from engine.core.expression import Template as Template
    from engine.core.expression import Written as Written
    from engine.core.file_template import FileTemplate as FileTemplate
    from engine.core.files import Folder as Folder
    from engine.core.files import read_file as read_file
    from engine.core.flow_link import FlowLink as FlowLink
    from engine.core.gate import Gate as Gate
    from engine.core.held_lines import write_line as write_line
    from engine.core.isolation import Isolation as Isolation
    from engine.core.local_database import LocalDatabase as LocalDatabase
    from engine.core.local_store import LocalStore as LocalStore
    from engine.core.local_store import default_store as default_store
    from engine.core.local_store import private_store as private_store
    from engine.core.media import read_json as read_json
    from engine.core.media import read_media_type as read_media_type
    from engine.core.media import read_yaml as read_yaml
    from engine.core.mistake import Mistake as Mistake
    from engine.core.mistake import built as built
    from engine.core.mistake import refuse as refuse
    from engine.core.mistake import shown as shown
    from engine.core.nesting import Runnable as Runnable
    from engine.core.networks import Network as Network
    from engine.core.networks import Networks as Networks
    from engine.core.networks import entries_of as entries_of
    from engine.core.networks import read_address as read_address
    from engine.core.networks import read_network as read_network
    from engine.core.parallel import ParallelScope as ParallelScope
    from engine.core.parameters import Amount as Amount
    from engine.core.parameters import ConfigRef as ConfigRef
    from engine.core.parameters import Count as Count
    from engine.core.parameters import Duration as Duration
    from engine.core.parameters import Interval as Interval
    from engine.core.parameters import Name as Name
    from engine.core.parameters import Number as Number
    from engine.core.parameters import Period as Period
    from engine.core.parameters import Size as Size
    from engine.core.parameters import TimeUnit as TimeUnit
    from engine.core.parameters import Whole as Whole
    from engine.core.processor import UNTOLD as UNTOLD
    from engine.core.processor import After as After
    from engine.core.processor import Operation as Operation
    from engine.core.processor import Processor as Processor
    from engine.core.processor import Run as Run
    from engine.core.processor import RunAtOnce as RunAtOnce
    from engine.core.processor import Served as Served
    from engine.core.processor import Source as Source
    from engine.core.processor import VoidOperation as VoidOperation
    from engine.core.processor import content_tree as content_tree
    from engine.core.python_function import PythonFunction as PythonFunction
    from engine.core.reachable import authentications as authentications
    from engine.core.reachable import reachable as reachable
    from engine.core.reader import ROOTS as ROOTS
    from engine.core.reader import Evaluate as Evaluate
    from engine.core.reader import Reader as Reader
    from engine.core.reader import literal as literal
    from engine.core.reader import reach_of as reach_of
    from engine.core.reconnection import Reconnection as Reconnection
    from engine.core.redelivery import DelayedRedelivery as DelayedRedelivery
    from engine.core.refusal import Refusal as Refusal
    from engine.core.request_path import PathPattern as PathPattern
    from engine.core.request_path import cut_path as cut_path
    from engine.core.request_path import joined_path as joined_path
    from engine.core.resource import Resource as Resource
    from engine.core.resource import ResourceError as ResourceError
    from engine.core.runtime import Runtime as Runtime
    from engine.core.scope import Scope as Scope
    from engine.core.scope import run_route as run_route
    from engine.core.scope import within as within
    from engine.core.spooled import Spooled as Spooled
    from engine.core.store import INVALID_KEY as INVALID_KEY
    from engine.core.store import INVALID_VALUE as INVALID_VALUE
    from engine.core.store import KEY_ALREADY_EXISTS as KEY_ALREADY_EXISTS
    from engine.core.store import KEY_NOT_FOUND as KEY_NOT_FOUND
    from engine.core.store import NULL_VALUE as NULL_VALUE
    from engine.core.store import STORE_NOT_AVAILABLE as STORE_NOT_AVAILABLE
    from engine.core.store import Store as Store
    from engine.core.store import StoreRef as StoreRef
    from engine.core.stored_values import NotSerialisable as NotSerialisable
    from engine.core.stored_values import identifier_of as identifier_of
    from engine.core.stored_values import key_of as key_of
    from engine.core.stored_values import restore as restore
    from engine.core.stored_values import serialise as serialise
    from engine.core.stored_values import text_key as text_key
    from engine.core.strand import strand as strand
    from engine.core.stream import Stream as Stream
    from engine.core.stream import Unreadable as Unreadable
    from engine.core.tracing import trace_headers as trace_headers
    from engine.core.transaction import Transaction as Transaction
    from engine.core.trees import paths as paths
    from engine.core.turns import MUCH as MUCH
    from engine.core.turns import OFTEN as OFTEN
    from engine.core.turns import give_turn as give_turn
    from engine.core.turns import give_turn_after_much as give_turn_after_much
    from engine.core.turns import is_turn_over as is_turn_over
    from engine.core.type_patterns import RaisedType as RaisedType
    from engine.core.type_patterns import TypePatterns as TypePatterns
    from engine.core.validated import Validated as Validated
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
    from engine.serving.content import ContentError as ContentError
    from engine.serving.content import TooMuchContent as TooMuchContent
    from engine.serving.content import encoded as encoded
    from engine.serving.content import essence_of as essence_of
    from engine.serving.content import format_of as format_of
    from engine.serving.content import read_content as read_content
    from engine.serving.content import write_content as write_content
    from engine.serving.cors import Cors as Cors
    from engine.serving.csv_options import CsvOptions as CsvOptions
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
    from engine.serving.route import Connections as Connections
    from engine.serving.route import HttpResponse as HttpResponse
    from engine.serving.route import HttpSource as HttpSource
    from engine.serving.route import Limits as Limits
    from engine.serving.route import Route as Route

__version__ = "0.1.0"

_MODULES = {
    "engine.application": "Application StartError",
    "engine.core.acting": "acting_on",
    "engine.core.active_source": "ActiveSource",
    "engine.core.addresses": "Address is_private_host",
    "engine.core.authentication": (
        "AUTHENTICATION CREDENTIALS NOT_PERMITTED UNAUTHORIZED Authentication authenticated callers identities "
        "usual_credentials"
    ),
    "engine.core.networks": "Network Networks entries_of read_address read_network",
    "engine.core.batch": "MOST_TOGETHER Again Batching BatchInDoubt BatchLost Points result_at_once together",
    "engine.core.chain": "Chain Step",
    "engine.core.clock": "Clock",
    "engine.core.collect": "Collect StreamingCollect",
    "engine.core.config": "Config",
    "engine.core.element": "Element Field Parameters raised_types",
    "engine.core.error_handler": "ErrorHandler OnError OwnErrorHandler log_failure",
    "engine.core.errors": (
        "ANY CIRCUIT_OPEN CLIENT_ERROR CLIENT_SECURITY COMPOSITE_ROUTING CONNECTIVITY CRITICAL DUPLICATE_MESSAGE "
        "EXPRESSION FLOW_BACK_PRESSURE OVERLOAD REDELIVERY_EXHAUSTED REPEAT_EXHAUSTED RETRY_EXHAUSTED ROUTING SECURITY "
        "SERVER_ERROR SERVER_SECURITY STATUS_TYPES TIMEOUT TRANSFORMATION UNKNOWN VALIDATION ErrorType FlowError "
        "error_type"
    ),
    "engine.core.event": "NOTHING STATUS Event Message",
    "engine.core.expression": "Condition Expression Template Written",
    "engine.core.files": "Folder read_file",
    "engine.core.flow_link": "FlowLink",
    "engine.core.file_template": "FileTemplate",
    "engine.core.gate": "Gate",
    "engine.core.held_lines": "write_line",
    "engine.core.media": "read_json read_media_type read_yaml",
    "engine.core.mistake": "Mistake built refuse shown",
    "engine.core.nesting": "Runnable",
    "engine.core.parallel": "ParallelScope",
    "engine.core.parameters": "Amount ConfigRef Count Duration Interval Name Number Period Size TimeUnit Whole",
    "engine.core.processor": "UNTOLD After Operation Processor Run RunAtOnce Served Source VoidOperation content_tree",
    "engine.core.reader": "ROOTS Evaluate Reader literal reach_of",
    "engine.core.reachable": "authentications reachable",
    "engine.core.reconnection": "Reconnection",
    "engine.core.redelivery": "DelayedRedelivery",
    "engine.core.refusal": "Refusal",
    "engine.core.request_path": "PathPattern cut_path joined_path",
    "engine.core.resource": "Resource ResourceError",
    "engine.core.python_function": "PythonFunction",
    "engine.core.runtime": "Runtime",
    "engine.core.scope": "Scope run_route within",
    "engine.core.tracing": "trace_headers",
    "engine.core.spooled": "Spooled",
    "engine.core.strand": "strand",
    "engine.core.stream": "Stream Unreadable",
    "engine.core.transaction": "Transaction",
    "engine.core.turns": "MUCH OFTEN give_turn give_turn_after_much is_turn_over",
    "engine.core.isolation": "Isolation",
    "engine.core.local_database": "LocalDatabase",
    "engine.core.local_store": "LocalStore default_store private_store",
    "engine.core.store": (
        "INVALID_KEY INVALID_VALUE KEY_ALREADY_EXISTS KEY_NOT_FOUND NULL_VALUE STORE_NOT_AVAILABLE Store StoreRef"
    ),
    "engine.core.stored_values": "NotSerialisable identifier_of key_of restore serialise text_key",
    "engine.core.trees": "paths",
    "engine.core.type_patterns": "RaisedType TypePatterns",
    "engine.core.validated": "Validated",
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
    "engine.expressions.operators": "equals is_number number_in",
    "engine.expressions.suggestion": "did_you_mean",
    "engine.expressions.writing": "WRITING_ERRORS TooLarge encode to_text",
    "engine.loading.data": "as_data",
    "engine.loading.diagnostic": "LoadError",
    "engine.loading.document": "Document",
    "engine.serving.content": "ContentError TooMuchContent encoded essence_of format_of read_content write_content",
    "engine.serving.headers": "Headers checked_headers header_value headers_of",
    "engine.serving.cors": "Cors",
    "engine.serving.idempotency": "Idempotency",
    "engine.serving.rate_limit": "RateLimit",
    "engine.serving.csv_options": "CsvOptions",
    "engine.serving.inflating": "INFLATERS CutOff Damaged TooDense inflated",
    "engine.serving.route": "USUAL_METHODS Connections HttpResponse HttpSource Limits Route",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'engine' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
