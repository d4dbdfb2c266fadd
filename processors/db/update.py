from __future__ import annotations

from processors.db._change import Generating


class Update(Generating):
    """Change rows.

    The result is `{affectedRows, generatedKeys}`. If there was no row to change, that is not an error.

    Example:
        configs:
          Books:
            db:config:
              url: "sqlite://"
              initScript: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT); INSERT INTO books VALUES(1, 'Ema')"
        given: {payload: {id: 1, title: Emma}}
        run:
          - db:update:
              config-ref: Books
              sql: UPDATE books SET title = :title WHERE id = :id
              input-parameters: "#[payload]"
              target: changed
        expect: {vars.changed.affectedRows: 1, payload.title: Emma}
    """
