"""Reads a published version with four libraries and compares what they see.

    readers.py VERSION_FOLDER CACHE_FOLDER CONFIG...
"""

import pathlib
import sys

import datasets
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq


def plain(t):
    """A type without the accidents of a library: large or view strings are strings."""
    if pa.types.is_large_string(t) or pa.types.is_string_view(t):
        return pa.string()
    if pa.types.is_dictionary(t):
        return plain(t.value_type)
    return t


def check(name, want, have):
    assert have.num_rows == want.num_rows, (name, have.num_rows, want.num_rows)
    assert have.column_names == want.column_names, (name, have.column_names)
    for field in want.schema:
        got = have.schema.field(field.name).type
        assert plain(got) == plain(field.type), (name, field.name, got, field.type)
        assert have[field.name].to_pylist() == want[field.name].to_pylist(), (name, field.name)


def main(root, cache, configs):
    datasets.disable_progress_bars()
    for config in configs:
        files = sorted((root / "data" / config).glob("*.parquet"))
        assert files, config
        want = pa.concat_tables(pq.read_table(f) for f in files)
        assert want.num_rows > 0
        names = [str(f) for f in files]
        got = duckdb.read_parquet(names).to_arrow_table()
        check(f"duckdb {config}", want, got)
        check(f"polars {config}", want, pl.read_parquet(names).to_arrow())
        loaded = datasets.load_dataset(str(root), config, cache_dir=str(cache))
        assert set(loaded) == {"train"}, loaded
        check(f"datasets {config}", want, loaded["train"].with_format("arrow")[:])


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:])
