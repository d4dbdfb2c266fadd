"""dw::xml::Dtd."""

from __future__ import annotations

from engine.expressions.dataweave.library.declaring import defined
from engine.expressions.dataweave.values.errors import Failed
from engine.expressions.dataweave.values.objects import AnyObject
from engine.expressions.dataweave.values.texts import as_text

DTD = "dw::xml::Dtd"


@defined(DTD, "docTypeAsString", "(docType: Object) -> String")
def doc_type_as_string(doc_type: AnyObject) -> str:
    """Return the text of a document type `{rootName, publicId, systemId}`, without `<!DOCTYPE`."""
    if doc_type.get("rootName") is None:
        raise Failed("docTypeAsString takes an object with a rootName")
    names = (("rootName", ""), ("publicId", "PUBLIC"), ("systemId", "" if doc_type.get("publicId") else "SYSTEM"))
    parts = [(word, doc_type.get(name)) for name, word in names]
    return " ".join(f"{word} {as_text(value)}".strip() for word, value in parts if value is not None)
