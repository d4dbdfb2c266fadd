"""What to do instead of the modules of Mule that have no counterpart here."""

from __future__ import annotations

from engine.mule.reports.report import Advice
from engine.mule.xml.nodes import Node

BY_HTTP = "http:request to its REST API, or a python step"
BROKER = Advice(
    "there is no connector to this broker", "vm queues if both sides are flows here, else a python step", "L"
)
FILES = Advice("there is no connector to files", "a python step that reads or writes the file", "S")
MODULES = {
    "salesforce": Advice("there is no connector to Salesforce", BY_HTTP, "L"),
    "sap": Advice("there is no connector to SAP", "a python step, or SAP's OData services by http:request", "L"),
    "jms": BROKER,
    "amqp": BROKER,
    "anypoint-mq": Advice("there is no connector to Anypoint MQ", BY_HTTP, "L"),
    "kafka": BROKER,
    "file": FILES,
    "ftp": FILES,
    "sftp": FILES,
    "smb": FILES,
    "s3": FILES,
    "email": Advice("there is no connector to mail", "a python step with smtplib or imaplib", "M"),
    "batch": Advice("nothing here does it", "batch:job with process-records and on-complete", "M"),
    "wsc": Advice("there is no SOAP client", "http:request with the envelope written by DataWeave", "M"),
    "apikit-soap": Advice("there is no SOAP server", "http:listener, and the envelope read by DataWeave", "L"),
    "xml-module": Advice("there is no XML module", "DataWeave, which reads XML", "M"),
    "aggregators": Advice("there are no aggregators", "an os:object-store and os:increment", "M"),
    "http": Advice("nothing here does it", "another http element, or a python step", "M"),
    "db": Advice("nothing here does it", "another db element, or a python step", "M"),
    "ee": Advice(
        "a script that is only known at run time is not compiled", "the scripts that it may be, in a choice", "M"
    ),
    "spring": Advice("there are no Spring beans", "Python", "L"),
}
OTHERS = Advice("a module that is not there", "a python step, or http:request to the service behind it", "M")


def advice_about(node: Node) -> Advice:
    """Return the advice about an element that has no rule."""
    return MODULES.get(node.namespace) or OTHERS
