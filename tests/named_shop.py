"""A small application with every kind of name in it, in block and in flow style, with quotes and without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.editor.names.index import Index
from engine.editor.spans import Edit, Span
from engine.editor.workspace import Workspace

ORDERS = """\
# 🛒 the shop's orders
configuration: {name: shop, defaultErrorHandler-ref: last-resort}
configuration-properties: {file: settings.properties}
properties: {shop: {name: "🦊 Fox", vat: 19}}

configs:
  Api: {http:listener-config: {port: "${http.port}"}}
  Orders DB:
    db:config: {url: "${db.url:sqlite://}", initScript: "CREATE TABLE orders(id TEXT, total INTEGER)"}
  Seen: {os:object-store: {persistent: false}}
  Queues: {vm:config: {queues: [{queueName: paid}, {queueName: late}]}}

flows:
  order:
    source: {http:listener: {config-ref: Api, path: "/orders/{id}", allowedMethods: POST}}
    steps:
      - set-variable: {doc:name: Remember 🧾, variableName: total, value: "#['🦊' == 'x' ? `0` : payload.total]"}
      - python: {function: "prices:with_vat", arguments: {net: "#[vars.total]", vat: "${shop.vat}"}, target: gross}
      - try:
          steps: [{flow-ref: {name: store order}}, {raise-error: {type: SHOP:CLOSED, description: "#[p('shop.name')]"}}]
          error-handler:
            - on-error-continue:
                type: SHOP:LATE, SHOP:CLOSED
                when: error.type == 'SHOP:CLOSED'
                steps: [{vm:publish: {config-ref: Queues, queueName: paid, content: "#[vars.gross]"}}]
      - transform:
          let: {sum: "vars.gross + $vars.total"}
          set-payload: {sum: "#[$sum]", shop: "#[p('shop.name')]", again: '#[lookup(''rounded'', vars."gross")]'}
          set-variables: {told: "#[$.vars.total]"}
      - set-variable: {variableName: httpStatus, value: 201}
    error-handler: {ref: 'common'}
  paid:
    source: {vm:listener: {config-ref: Queues, queueName: paid}}
    steps: [{logger: {message: "#[payload] in #[p('shop.name')]"}}]
  stray:
    steps:
      - raise-error: {type: "SHOP:LATE"}
      - set-variable: {variableName: total, value: 1}
    error-handler: [{error-handler: {ref: common}}]

sub-flows:
  store order:
    steps:
      - db:insert:
          config-ref: Orders DB
          sql: INSERT INTO orders VALUES(:id, :total)
          input-parameters: {id: "#[attributes.uriParams.id]", total: "#[vars.total]"}
          target: stored
      - os:store: {objectStore: Seen, key: last, value: "#[vars.stored.affectedRows]"}
  rounded: {steps: [{set-payload: {value: "#[payload]"}}]}

error-handlers:
  common: [{on-error-propagate: {type: "*:CONNECTIVITY"}}]
  last-resort: [{on-error-propagate: {}}]
"""
TESTS = """\
set: {http.port: 8081}
cases:
  an order of ${size} is told:
    each: [{size: 100, sum: 219}, {size: 200, sum: 438}]
    post: /orders/7
    given: {payload: {total: "${size}"}}
    mock: [{processor: db:insert, with: {config-ref: Orders DB}, return: {payload: {affectedRows: 1}}}]
    spy: [{processor: Remember 🧾, after: {expect: {vars.total: "${size}"}}}]
    expect:
      status: 201
      payload.sum: "${sum}"
  the raised type is caught:
    flow: order
    given: {payload: {total: 100}, attributes: {uriParams: {id: 7}}, vars: {old: 1}}
    mock:
      - {processor: order/steps/2/try/steps/0, return: {vars: {stored: {affectedRows: 1}}}}
      - {processor: "vm:publish", call: rounded}
    expect:
      vars.told: 100
      payload.shop: 🦊 Fox
      calls: [{processor: "vm:publish", with: {config-ref: Queues, queueName: paid}}]
  a stray is late:
    flow: stray
    expect: {error.type: "SHOP:LATE"}
"""
FILES = {
    "orders.yaml": ORDERS,
    "orders.test.yaml": TESTS,
    "settings.properties": "# ours\nhttp.port=8081\n",
    "prices.py": "def with_vat(net: float, vat: float) -> int:\n    return int(net * (100 + vat) / 100)\n",
}


def made(folder: Path, files: Mapping[str, str] = FILES) -> Index:
    """Write files, and return the names of the site that they are."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    first = next(folder / name for name in files if name.endswith(".yaml"))
    return Index(Workspace([folder]).site_of(first))


def at(index: Index, name: str, before: str) -> tuple[Path, int]:
    """Return a file, and the offset of the `¦` in a part of its text."""
    path = index.site.folder / name
    part = before.replace("¦", "")
    start = index.document(path).text.index(part)
    return path, start + before.index("¦")


def shown(index: Index, spans: Iterable[Span]) -> list[str]:
    """Return spans as `file:line text`."""
    made = []
    for span in spans:
        document = index.document(span.path)
        line = document.place_at(span.start).line
        made.append(f"{span.path.name}:{line} {document.text[span.start : span.end]}")
    return made


def edited(index: Index, edits: Iterable[Edit], new_files: Mapping[Path, str] | None = None) -> None:
    """Write edits into the files."""
    texts: dict[Path, str] = dict(new_files or {})
    for edit in sorted(edits, key=lambda each: each.span, reverse=True):
        path = edit.span.path
        text = texts.get(path) or index.document(path).text
        texts[path] = text[: edit.span.start] + edit.text + text[edit.span.end :]
    for path, text in texts.items():
        path.write_bytes(text.encode())
