"""Reads FILE with each READER (pyarrow, duckdb, polars, datasets) and prints one JSON document: readers.py FILE READER...

{"pyarrow": {"types": {column: type}, "cells": {column: [...]}}, ...}. Cells are
in the exact form of expected.py, after each reader's table was turned to Arrow.
"""
import json
import sys
import tempfile

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from expected import exact


def normal(t):
    """Types that mean the same: readers differ in offset widths and list item names."""
    if pa.types.is_large_string(t) or t == pa.string_view():
        return pa.string()
    if pa.types.is_large_binary(t) or t == pa.binary_view():
        return pa.binary()
    if pa.types.is_map(t):
        return pa.map_(normal(t.key_type), normal(t.item_type))
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        return pa.list_(normal(t.value_type))
    if pa.types.is_struct(t):
        return pa.struct([pa.field(f.name, normal(f.type)) for f in t])
    return t


# Types that a reader does not have, and what it makes of them.
LACKS = {
    ("polars", "fixed_size_binary[5]"): "binary",
    ("polars", "time32[ms]"): "time64[ns]",
    ("polars", "time64[us]"): "time64[ns]",
    ("polars", "null"): "int32",
    ("duckdb", "fixed_size_binary[5]"): "binary",
    ("duckdb", "null"): "int32",
    ("duckdb", "time32[ms]"): "time64[us]",
    ("duckdb", "halffloat"): "float",
    ("duckdb", "timestamp[ms]"): "timestamp[us]",
    ("duckdb", "timestamp[ms, tz=UTC]"): "timestamp[us, tz=UTC]",
}


def report(reader, table, reference):
    out = {"types": {}, "cells": {}}
    for name in table.column_names:
        column = table.column(name)
        want = normal(column.type)
        if want != column.type:
            column = column.cast(want)
        stored = normal(reference.field(name).type)
        if LACKS.get((reader, str(stored))) == str(want):
            column = pa.chunked_array([pa.nulls(len(column))]) if pa.types.is_null(stored) and column.null_count == len(column) else column.cast(stored)
            want = stored
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], want)
        out["types"][name] = str(want)
        out["cells"][name] = exact(column)
    return out


def with_pyarrow(path):
    return pq.read_table(path)


def with_duckdb(path):
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    return con.sql("SELECT * FROM read_parquet(?)", params=[path]).to_arrow_table()


def with_polars(path):
    return pl.read_parquet(path).to_arrow()


def with_datasets(path):
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        d = datasets.load_dataset("parquet", data_files=path, split="train", cache_dir=cache)
        return d.with_format("arrow")[:]


def main():
    out = {}
    for name in sys.argv[2:]:
        read = globals()["with_" + name]
        try:
            out[name] = report(name, read(sys.argv[1]), pq.read_schema(sys.argv[1]))
        except Exception as err:
            out[name] = {"error": f"{type(err).__name__}: {err}"}
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
