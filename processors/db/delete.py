from __future__ import annotations

from processors.db._change import Change


class Delete(Change):
    """Delete rows.

    The result is `{affectedRows, generatedKeys}`. If there was no row to delete, that is not an error.

    Example:
        configs:
          Books:
            db:config:
              url: "sqlite://"
              initScript: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT); INSERT INTO books VALUES(1, 'Emma')"
        run:
          - db:delete:
              config-ref: Books
              sql: DELETE FROM books WHERE id = :id
              input-parameters: {id: 1}
        expect: {payload.affectedRows: 1}
    """
