"""Writes the values that pyarrow reads from the files of ./apache to expected.json.gz: expected.py

The JSON is exact: integers, instants and decimals are text, floats are their
bits in hexadecimal, bytes are hexadecimal, maps are lists of pairs.
"""
import gzip
import json
import pathlib
import struct

import pyarrow as pa
import pyarrow.parquet as pq

FLOATS = {pa.float16(): ("<e", 2), pa.float32(): ("<f", 4), pa.float64(): ("<d", 8)}


def exact(a):
    t = a.type
    if pa.types.is_null(t):
        return [None] * len(a)
    if pa.types.is_struct(t):
        columns = [exact(a.field(i)) for i in range(t.num_fields)]
        names = [t.field(i).name for i in range(t.num_fields)]
        return [dict(zip(names, row)) if ok else None
                for ok, row in zip(a.is_valid().to_pylist(), zip(*columns))]
    if pa.types.is_map(t):
        keys, items, offsets = exact(a.keys), exact(a.items), a.offsets.to_pylist()
        base = offsets[0] if offsets else 0
        return [[list(p) for p in zip(keys[s:e], items[s:e])] if ok else None
                for ok, s, e in zip(a.is_valid().to_pylist(), offsets, offsets[1:])]
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        values, offsets = exact(a.values), a.offsets.to_pylist()
        return [values[s:e] if ok else None for ok, s, e in zip(a.is_valid().to_pylist(), offsets, offsets[1:])]
    if t in FLOATS:
        size = FLOATS[t][1]
        raw = a.buffers()[1].to_pybytes()
        ok = a.is_valid().to_pylist()
        return [raw[(a.offset + i) * size:(a.offset + i + 1) * size][::-1].hex() if ok[i] else None for i in range(len(a))]
    if pa.types.is_temporal(t):
        a = a.view(pa.int32() if t.bit_width == 32 else pa.int64())
    if pa.types.is_binary(t) or pa.types.is_fixed_size_binary(t):
        return [None if v is None else v.hex() for v in a.to_pylist()]
    if pa.types.is_boolean(t) or pa.types.is_string(t) or pa.types.is_large_string(t):
        return a.to_pylist()
    return [None if v is None else str(v) for v in a.to_pylist()]


def main():
    here = pathlib.Path(__file__).resolve().parent
    out = {}
    for path in sorted((here / "apache").glob("*.parquet")):
        table = pq.read_table(path).combine_chunks()
        out[path.name] = {
            "rows": table.num_rows,
            "columns": [[name, exact(table.column(i).combine_chunks()) if table.num_rows else []]
                        for i, name in enumerate(table.column_names)],
        }
    text = json.dumps(out, ensure_ascii=False, separators=(",", ":")).encode()
    (here / "expected.json.gz").write_bytes(gzip.compress(text, 9, mtime=0))


if __name__ == "__main__":
    main()
