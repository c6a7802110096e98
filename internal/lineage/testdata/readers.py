"""Reads a published dataset with the libraries its users have.

    readers.py make DIR   writes the Parquet files of the example
    readers.py read DIR   loads README.md by datasets and croissant.json by mlcroissant
"""

import datetime
import decimal
import pathlib
import sys


def make(root):
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema(
        [
            ("key", pa.string()),
            ("age", pa.int64()),
            ("at", pa.timestamp("us", tz="UTC")),
            ("cost", pa.decimal128(12, 2)),
            ("tags", pa.list_(pa.string())),
            ("place", pa.struct([("lat", pa.float64()), ("lon", pa.float64())])),
        ]
    )

    def rows(first, count):
        at = datetime.datetime(2026, 11, 24, tzinfo=datetime.timezone.utc)
        return [
            {
                "key": f"k{i}",
                "age": None if i == 1 else 30 + i,
                "at": at + datetime.timedelta(microseconds=i),
                "cost": decimal.Decimal(i) + decimal.Decimal("0.25"),
                "tags": ["a"] * i,
                "place": {"lat": i / 2, "lon": -i / 2},
            }
            for i in range(first, first + count)
        ]

    def write(path, table):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, target)

    write("data/visits/train-00000-of-00002.parquet", pa.Table.from_pylist(rows(0, 3), schema))
    write("data/visits/train-00001-of-00002.parquet", pa.Table.from_pylist(rows(3, 2), schema))
    write("data/visits/test-00000-of-00001.parquet", pa.Table.from_pylist(rows(5, 1), schema))
    write("data/wards/train.parquet", pa.table({"letter": ["A", "B"]}))


def read(root):
    import datasets

    datasets.disable_progress_bars()
    visits = datasets.load_dataset(str(root), "visits", cache_dir=str(root / "cache"))
    assert {k: v.num_rows for k, v in visits.items()} == {"train": 5, "test": 1}, visits
    feature = visits["train"].features
    assert feature["at"].dtype == "timestamp[us, tz=UTC]", feature
    assert feature["cost"].dtype == "decimal128(12, 2)", feature
    assert visits["train"][4]["tags"] == ["a"] * 4
    assert visits["train"][4]["place"] == {"lat": 2.0, "lon": -2.0}
    assert visits["train"][1]["age"] is None
    assert datasets.get_dataset_config_names(str(root)) == ["visits", "wards"]
    wards = datasets.load_dataset(str(root), "wards", cache_dir=str(root / "cache"))
    assert wards["train"]["letter"][:] == ["A", "B"]

    import mlcroissant

    meta = mlcroissant.Dataset(str(root / "croissant.json"))
    issues = meta.metadata.ctx.issues
    assert not issues.errors, issues.errors
    assert not issues.warnings, issues.warnings
    keys, splits = set(), []
    for record in meta.records("visits"):
        keys.add(record["visits/column/key"])
        splits.append(record["visits/split"])
    assert keys == {f"k{i}".encode() for i in range(6)}, keys
    assert sorted(splits) == [b"test"] + [b"train"] * 5, splits
    assert len(list(meta.records("wards"))) == 2


if __name__ == "__main__":
    {"make": make, "read": read}[sys.argv[1]](pathlib.Path(sys.argv[2]))
    print("ok")
