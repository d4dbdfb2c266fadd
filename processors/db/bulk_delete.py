from __future__ import annotations

from processors.db._bulk import Bulk


class BulkDelete(Bulk):
    """Delete rows by each map of a list: all of them, or none.

    The statement runs once for each map, in one transaction; inside a `try` with transactionalAction it is a part of
    that one, which is undone alone. The result is the list of how many rows each deleted; deleting none is not an
    error. The error is that of the first map that fails: its number, from 1, is in `error.errorMessage.payload.row` and
    in error.detailedDescription.

    Example:
        configs:
          Books:
            db:config:
              url: "sqlite://"
              initScript: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT); INSERT INTO books VALUES(1, 'Emma')"
        run:
          - db:bulk-delete:
              config-ref: Books
              sql: DELETE FROM books WHERE id = :id
              bulk-input-parameters: "#[[{id: 1}, {id: 2}]]"
        expect: {payload: [1, 0]}
    """
