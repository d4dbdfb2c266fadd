from __future__ import annotations

from processors.db._bulk import Bulk


class BulkInsert(Bulk):
    """Insert a row for each map of a list: all of them, or none.

    The statement runs once for each map, in one transaction; inside a `try` with transactionalAction it is a part of
    that one, which is undone alone. The result is the list of how many rows each changed. The error is that of the
    first row that fails: its number, from 1, is in `error.errorMessage.payload.row` and in error.detailedDescription.
    For an outcome of each row use foreach with `collect`.

    Example:
        configs:
          Books: {db:config: {url: "sqlite://", initScript: "CREATE TABLE books(id INTEGER PRIMARY KEY, title TEXT)"}}
        given: {payload: [{title: Emma}, {title: Ulysses}]}
        run:
          - db:bulk-insert: {config-ref: Books, sql: INSERT INTO books(title) VALUES(:title), target: counts}
          - db:select: {config-ref: Books, sql: SELECT title FROM books ORDER BY id}
        expect: {vars.counts: [1, 1], payload: [{title: Emma}, {title: Ulysses}]}
    """
