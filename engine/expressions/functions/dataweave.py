"""For people who come from DataWeave: its constructs, and how they are written here.

Each row has an example, whose result is checked by the tests of the library.
"""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """`dataweave` there is `here` here: for instance `expression` has the value `result`, as JSON.

    The examples of p and lookup run with a property `region` that is `eu`, and a sub-flow `twice` that doubles its
    payload.
    """

    dataweave: str
    here: str
    expression: str
    result: str


TABLE = tuple(
    Row(*row)
    for row in (
        ("payload.a", "payload.a", "let $p = {a: 'x'} in $p.a", '"x"'),
        ("payload.'a-b'", "payload.'a-b'", "let $p = {\"a-b\": 'x'} in $p.'a-b'", '"x"'),
        ("payload[key]", "get(payload, key)", "get({a: 'x'}, 'a')", '"x"'),
        ("payload[0], payload[-1]", "payload[0], payload[-1]", "['a', 'b'] | [-1]", '"b"'),
        ("payload[1 to 2]", "payload[1:3]", "['a', 'b', 'c'] | [1:3]", '["b","c"]'),
        ("payload.*name", "payload[].name", "[{name: 'a'}, {name: 'b'}] | [].name", '["a","b"]'),
        ("payload..name", "deep(payload, 'name')", "deep({a: {name: 'x'}, name: 'y'}, 'name')", '["x","y"]'),
        ("payload.a?", "has_key(payload, 'a')", "has_key({a: null}, 'a')", "true"),
        ("a ++ b (texts)", "concat(a, b)", "concat('a', '-', 'b')", '"a-b"'),
        ("a ++ b (lists)", "concat(a, b)", "concat(['a'], ['b'])", '["a","b"]'),
        ("a ++ b (objects)", "merge(a, b)", "merge({a: 'x'}, {b: 'y'})", '{"a":"x","b":"y"}'),
        ("list << item", "append(list, item)", "append(['a'], 'b')", '["a","b"]'),
        ("a - 'key'", "omit(a, ['key'])", "omit({id: 'x', key: 'y'}, ['key'])", '{"id":"x"}'),
        ("list - item", "difference(list, [item])", "difference(['a', 'b'], ['a'])", '["b"]'),
        ("a default b", "default(a, b)", "default(null, 'b')", '"b"'),
        ("if (c) a else b", "c ? a : b", "2 > 1 ? 'a' : 'b'", '"a"'),
        ("x match { case … }", "case(condition, value, …, otherwise)", "case(1 > 2, 'a', 'b')", '"b"'),
        ("a and b, a or b, not a", "a && b, a || b, !a", "true && !false", "true"),
        ("do { var x = … --- … }", "let $x = … in …", "let $x = 2 in $x * 3", "6"),
        ("list map $.a", "map(&a, list), or list[].a", "map(&a, [{a: 'x'}, {a: null}])", '["x",null]'),
        ("list map (item, i) -> …", "map_with_index(list, &…)", "map_with_index(['a'], &[index, item])", '[[0,"a"]]'),
        ("list filter $.n > 1", "list[?n > 1]", "[{n: 1}, {n: 2}] | [?n > 1]", '[{"n":2}]'),
        (
            "list flatMap $.tags",
            "flat_map(list, &tags)",
            "flat_map([{tags: ['a']}, {tags: ['b']}], &tags)",
            '["a","b"]',
        ),
        ("flatten(list)", "list[]", "[['a'], ['b']] | []", '["a","b"]'),
        (
            "list reduce ((item, acc = 0) -> acc + item)",
            "reduce(list, &acc + item, 0)",
            "reduce([length('ab'), length('c')], &acc + item, 0)",
            "3",
        ),
        ("list groupBy $.t", "group_by(list, &t)", "group_by([{t: 'a'}], &t)", '{"a":[{"t":"a"}]}'),
        ("list orderBy $.n", "sort_by(list, &n)", "sort_by([{n: 2}, {n: 1}], &n)", '[{"n":1},{"n":2}]'),
        (
            "list orderBy -$.n",
            "sort_by(list, &n, 'desc')",
            "sort_by([{n: 1}, {n: 2}], &n, 'desc')",
            '[{"n":2},{"n":1}]',
        ),
        ("list distinctBy $.id", "distinct_by(list, &id)", "distinct_by([{id: 1}, {id: 1}], &id)", '[{"id":1}]'),
        ("list joinBy ', '", "join(', ', list)", "join(', ', ['a', 'b'])", '"a, b"'),
        ("text splitBy ','", "split(text, ',')", "split('a,b', ',')", '["a","b"]'),
        ("zip(a, b)", "zip(a, b)", "zip(['a'], ['b'])", '[["a","b"]]'),
        ("list contains x", "contains(list, x)", "contains(['a'], 'a')", "true"),
        ("sizeOf(x)", "size_of(x), or length(x)", "size_of(['a'])", "1"),
        ("isEmpty(x), isBlank(x)", "is_empty(x), is_blank(x)", "[is_empty(null), is_blank(' ')]", "[true,true]"),
        ("min(list), max(list)", "min(list), max(list)", "max(['a', 'b'])", '"b"'),
        ("list minBy $.n, maxBy", "min_by(list, &n), max_by", "min_by([{n: 2}, {n: 1}], &n).n", "1"),
        ("sum(list), avg(list)", "sum(list), avg(list)", "sum([length('a'), length('bc')])", "3"),
        ("list sumBy $.n", "sum_by(list, &n)", "sum_by([{n: 1}, {n: 2}], &n)", "3"),
        (
            "obj mapObject {(upper($$)): $}",
            "map_keys(obj, &upper(@)), map_values",
            "map_keys({a: 'x'}, &upper(@))",
            '{"A":"x"}',
        ),
        ("obj filterObject …", "filter_keys(obj, &…), pick, omit", "pick({id: 'x', key: 'y'}, ['id'])", '{"id":"x"}'),
        ("obj pluck $$", "keys(obj)", "keys({a: 'x'})", '["a"]'),
        ("obj pluck {key: $$, value: $}", "items(obj)", "items({a: 'x'})", '[["a","x"]]'),
        ("entriesOf, valuesOf", "items(obj), values(obj)", "values({a: 'x'})", '["x"]'),
        ("1 to 3", "range(1, 4)", "range(1, 4)", "[1,2,3]"),
        ("upper, lower, trim", "upper, lower, trim", "upper(trim(' ab '))", '"AB"'),
        ("capitalize, camelize, underscore", "the same", "camelize('first_name')", '"firstName"'),
        ("substringBefore(t, '@')", "substring_before(t, '@')", "substring_before('ada@x.org', '@')", '"ada"'),
        ("t replace /\\d/ with '#'", "replace_re(t, '\\d', '#')", "replace_re('a1', '\\d', '#')", '"a#"'),
        ("t replace 'a' with 'b'", "replace(t, 'a', 'b')", "replace('aa', 'a', 'b')", '"bb"'),
        ("t matches /…/", "matches(t, '…')", "matches('a1', '[a-z]\\d')", "true"),
        ("t scan /…/", "scan(t, '…')", "scan('a1b2', '\\d')", '[["1"],["2"]]'),
        ("leftPad(t, 3, '0')", "pad_left(t, 3, '0')", "pad_left('7', 3, '0')", '"007"'),
        ("x as Number", "as_number(x)", "as_number('7')", "7"),
        ("x as String", "to_string(x)", "to_string(7)", '"7"'),
        ("n as String {format: '0.00'}", "to_string(n, '0.00')", "to_string(7, '0.00')", '"7.00"'),
        ("t as Date {format: 'd.M.yyyy'}", "as_date(t, 'd.M.yyyy')", "as_date('1.3.2026', 'd.M.yyyy')", '"2026-03-01"'),
        (
            "d as String {format: 'd.M.yyyy'}",
            "format_date(d, 'd.M.yyyy')",
            "format_date('2026-03-01', 'd.M.yyyy')",
            '"1.3.2026"',
        ),
        ("d + |P1M|", "date_add(d, 'P1M')", "date_add('2026-01-31', 'P1M')", '"2026-02-28"'),
        ("daysBetween(a, b)", "date_diff(a, b)", "date_diff('2026-03-01', '2026-03-03')", "2"),
        ("now(), uuid()", "now(), uuid()", "size_of(uuid())", "36"),
        ("typeOf(x), x is String", "type(x), is_string(x)", "is_string('a')", "true"),
        ("read(t, 'application/json')", "read(t, 'application/json')", "read('[1]', 'application/json')", "[1]"),
        (
            "write(x, 'application/json')",
            "write(x, 'application/json')",
            "write(['a'], 'application/json')",
            '"[\\"a\\"]"',
        ),
        ("try(() -> x) orElse y", "try(&x, y)", "try(&as_number('x'), 0)", "0"),
        ("Mule::causedBy(error, 'DB:*')", "caused_by(error, 'DB:*')", "caused_by(error, 'DB:*')", "false"),
        ("toBase64(t)", "base64_encode(t)", "base64_encode('abc')", '"YWJj"'),
        ("round(n), mod(a, b), pow(a, b)", "the same", "[round(2.5), mod(7, 3), pow(2, 3)]", "[3,1,8]"),
        (
            "list -- others, obj -- keys",
            "difference(list, others), omit(obj, keys)",
            "omit({a: 'x', b: 'y'}, ['b'])",
            '{"a":"x"}',
        ),
        (
            "x find y (list)",
            "enumerate(list)[?item == y].index",
            "enumerate(['a', 'b', 'a'])[?item == 'a'].index",
            "[0,2]",
        ),
        ("t find 'b', indexOf", "find_first(t, 'b'), find_last", "find_first('abc', 'b')", "1"),
        ("startsWith, endsWith", "starts_with, ends_with", "starts_with('abc', 'a')", "true"),
        ("list some $.n > 1", "count_by(list, &n > 1) > 0", "count_by([{n: 1}, {n: 2}], &n > 1) > 0", "true"),
        ("list every $.n > 1", "count_by(list, &!(n > 1)) == 0", "count_by([{n: 1}, {n: 2}], &!(n > 1)) == 0", "false"),
        ("list firstWith $.n > 1", "first(list[?n > 1])", "first([{n: 1}, {n: 2}] | [?n > 1])", '{"n":2}'),
        ("list countBy $.n > 1", "count_by(list, &n > 1)", "count_by([{n: 1}, {n: 2}], &n > 1)", "1"),
        (
            "list partition $.n > 1",
            "partition(list, &n > 1)",
            "partition([{n: 1}, {n: 2}], &n > 1)",
            '{"success":[{"n":2}],"failure":[{"n":1}]}',
        ),
        ("list divideBy 2", "chunk(list, 2)", "chunk(['a', 'b', 'c'], 2)", '[["a","b"],["c"]]'),
        ("take(list, 1), drop(list, 1)", "list[:1], list[1:]", "['a', 'b'] | [1:]", '["b"]'),
        ("list[-1 to 0]", "reverse(list)", "reverse(['a', 'b'])", '["b","a"]'),
        (
            "unzip(pairs)",
            "[pairs[*][0], pairs[*][1]]",
            "let $p = `[[1, 2], [3, 4]]` in [$p[*][0], $p[*][1]]",
            "[[1,3],[2,4]]",
        ),
        (
            "obj filterObject ((value) -> value > 1)",
            "from_items(items(obj)[?[1] > 1])",
            "from_items(items({a: 1, b: 2})[?[1] > 1])",
            '{"b":2}',
        ),
        (
            "obj update { case .a.b -> 1 }",
            "set_path(obj, 'a.b', 1)",
            "set_path({a: {c: 2}}, 'a.b', 1)",
            '{"a":{"c":2,"b":1}}',
        ),
        ("mergeWith", "merge_deep(a, b)", "merge_deep({a: {x: 1}}, {a: {y: 2}})", '{"a":{"x":1,"y":2}}'),
        ("skipNullOn = 'everywhere'", "omit_nulls(x)", "omit_nulls({a: null, b: 'x'})", '{"b":"x"}'),
        ("abs, ceil, floor", "the same", "[abs(-1), ceil(1.2), floor(1.8)]", "[1,2,1]"),
        ("sqrt(x)", "pow(x, 0.5)", "pow(9, 0.5)", "3.0"),
        ("random, randomInt(6)", "random_int(6)", "random_int(1)", "0"),
        ("x as Boolean", "as_bool(x)", "as_bool('true')", "true"),
        ("t as Number {format: '#,##0.00'}", "as_number(t, '#,##0.00')", "as_number('1,234.50', '#,##0.00')", "1234.5"),
        ("numbers of any precision", "as_decimal(x)", "as_decimal('0.1') + as_decimal('0.2')", "0.3"),
        ("n as DateTime (seconds)", "as_datetime(n)", "as_datetime(0)", '"1970-01-01T00:00:00Z"'),
        (
            "d as Number {unit: 'milliseconds'}",
            "date_diff('1970-01-01', d, 'milliseconds')",
            "date_diff('1970-01-01', '1970-01-02', 'milliseconds')",
            "86400000",
        ),
        (
            "d >> 'Europe/Vienna'",
            "to_timezone(d, 'Europe/Vienna')",
            "to_timezone('2026-01-01T00:00Z', '+01:00')",
            '"2026-01-01T01:00:00+01:00"',
        ),
        ("hashWith, HMACWith", "hash(x), hmac(x, key)", "hash('abc', 'MD5')", '"900150983cd24fb0d6963f7d28e17f72"'),
        ("encodeURIComponent(t)", "url_encode(t), url_decode", "url_encode('a b')", '"a%20b"'),
        ("p('name')", "p('name')", "p('region')", '"eu"'),
        ("lookup('flow', x)", "lookup('flow', x)", "lookup('twice', 2)", "4"),
        ("log('x', value)", "the element logger", "'x'", '"x"'),
    )
)
