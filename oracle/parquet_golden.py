"""Writes dataset/parquet/testdata/pyarrow.parquet: rows of every column type as
pyarrow encodes them, in small pages and row groups, for the reader's test. The
test makes the same rows by the same formulas.

    python oracle/parquet_golden.py
"""

import pathlib

import pyarrow
import pyarrow.parquet

ROWS = 500


def lists(value_type):
    return pyarrow.list_(pyarrow.field("element", value_type, nullable=False))


SCHEMA = pyarrow.schema([
    pyarrow.field("a", pyarrow.int32(), nullable=False),
    pyarrow.field("b", pyarrow.int64()),
    pyarrow.field("c", pyarrow.string(), nullable=False),
    pyarrow.field("d", pyarrow.string()),
    pyarrow.field("e", pyarrow.bool_(), nullable=False),
    pyarrow.field("f", pyarrow.float32(), nullable=False),
    pyarrow.field("g", pyarrow.float64()),
    pyarrow.field("h", pyarrow.timestamp("us")),
    pyarrow.field("i", lists(pyarrow.int32()), nullable=False),
    pyarrow.field("j", lists(pyarrow.float32()), nullable=False),
    pyarrow.field("k", pyarrow.string(), nullable=False),
    pyarrow.field("source_file", pyarrow.int32(), nullable=False),
    pyarrow.field("source_row", pyarrow.int64(), nullable=False),
])


def row(n):
    return {
        "a": n * n - 1000,
        "b": n * 10**15 if n % 3 else None,
        "c": f"category {n // 50}",
        "d": "ü" * (n % 7) or None,
        "e": n % 5 == 0,
        "f": n / 8,
        "g": -n / 16 if n % 4 else None,
        "h": 7_000_000_000_000_000 + n if n % 2 else None,
        "i": list(range(n % 11)),
        "j": [n / 2] * (n % 3),
        "k": "word " * n,
        "source_file": 3,
        "source_row": n + 1,
    }


def main():
    table = pyarrow.Table.from_pylist([row(n) for n in range(ROWS)], schema=SCHEMA)
    path = pathlib.Path(__file__).parent.parent / "dataset/parquet/testdata/pyarrow.parquet"
    path.parent.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(
        table, path, compression="zstd", row_group_size=200, data_page_size=1024, write_batch_size=16,
        data_page_version="2.0", store_schema=False,
    )


if __name__ == "__main__":
    main()
