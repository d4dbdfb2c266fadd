"""pygls as this server wants it: positions in UTF-16, texts that only the server keeps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import LanguageServerProtocol, default_converter
from pygls.protocol.language_server import lsp_method


class Protocol(LanguageServerProtocol):
    """The protocol. Files are opened, changed and closed by the server's own functions alone."""

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        if params.capabilities.general:
            params.capabilities.general.position_encodings = [types.PositionEncodingKind.Utf16]
        result = yield from super().lsp_initialize(params)
        return result

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> Generator[Any, Any, None]:
        yield self._of_server(types.TEXT_DOCUMENT_DID_OPEN), (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> Generator[Any, Any, None]:
        yield self._of_server(types.TEXT_DOCUMENT_DID_CHANGE), (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> Generator[Any, Any, None]:
        yield self._of_server(types.TEXT_DOCUMENT_DID_CLOSE), (params,), None

    def _of_server(self, name: str) -> Callable[..., Any]:
        handler: Callable[..., Any] = self.fm.features[name]
        return handler


def converter() -> Converter:
    """Return what reads and writes messages."""
    made: Converter = default_converter()  # type: ignore[no-untyped-call]  # pygls does not say
    return made
