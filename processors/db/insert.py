from __future__ import annotations

from processors.db._change import Generating


class Insert(Generating):
    """Insert rows.

    The result is `{affectedRows, generatedKeys}`; generatedKeys holds the first row of a RETURNING clause, or of
    `autoGenerateKeys`. Without a `target` the result becomes the payload.

    Example:
        configs:
          Books: {db:config: {url: "sqlite://", initScript: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT)"}}
        given: {payload: {title: Emma}}
        run:
          - db:insert:
              config-ref: Books
              sql: INSERT INTO books(title) VALUES(:title) RETURNING id
              input-parameters: "#[payload]"
        expect: {payload: {affectedRows: 1, generatedKeys: {id: 1}}}
    """
