"""Turn MIMIC's discharge.csv.gz into 64 Parquet parts by the hash of the patient, by a
peer; or say what a folder of such parts holds.

usage: peersingest.py polars|duckdb|pandas CSV_GZ FOLDER CORES
       peersingest.py holds FOLDER

The first prints {"seconds": …, "cpu_seconds": …, "version": …}, from the first byte read
to the last one written, imports left out. The second prints {"rows": …, "parts": …,
"digest": …, "whole": …}: the digest does not depend on the order of rows, and whole says
that no patient is in two parts.
"""

import hashlib
import json
import pathlib
import sys
import time

COLUMNS = ["note_id", "subject_id", "hadm_id", "note_seq", "charttime", "storetime", "text"]
PARTS = 64


def now():
    return time.perf_counter(), time.process_time()


def polars(source, folder, cores):
    import polars as pl

    schema = {
        "note_id": pl.String, "subject_id": pl.Int64, "hadm_id": pl.Int64, "note_type": pl.String, "note_seq": pl.Int32,
        "charttime": pl.Datetime("us"), "storetime": pl.Datetime("us"), "text": pl.String,
    }
    start = now()
    rows = pl.scan_csv(source, schema=schema).with_columns((pl.col("subject_id").hash() % PARTS).alias("part"))
    parts = pl.PartitionBy(folder, key="part", include_key=False)
    rows.sink_parquet(parts, compression="zstd", compression_level=1, statistics=False, mkdir=True, engine="streaming")
    return start, pl.__version__


def duckdb(source, folder, cores):
    import duckdb as db

    start = now()
    connection = db.connect(config={"threads": int(cores)})
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"""COPY (
        SELECT *, hash(subject_id) % {PARTS} AS part FROM read_csv('{source}', header=true, auto_detect=false, delim=',', quote='"', escape='"',
        max_line_size=16777216, columns={{'note_id': 'VARCHAR', 'subject_id': 'BIGINT', 'hadm_id': 'BIGINT', 'note_type': 'VARCHAR',
        'note_seq': 'INTEGER', 'charttime': 'TIMESTAMP', 'storetime': 'TIMESTAMP', 'text': 'VARCHAR'}}))
        TO '{folder}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARTITION_BY (part))""")
    return start, db.__version__


def pandas(source, folder, cores):
    import pandas as pd

    start = now()
    types = {"note_id": "str", "subject_id": "int64", "hadm_id": "Int64", "note_type": "str", "note_seq": "int32", "text": "str"}
    empty = {name: [""] for name in ("hadm_id", "charttime", "storetime")}
    rows = pd.read_csv(source, dtype=types, parse_dates=["charttime", "storetime"], keep_default_na=False, na_values=empty)
    pathlib.Path(folder).mkdir()
    part = pd.util.hash_array(rows["subject_id"].to_numpy()) % PARTS
    for number, own in rows.groupby(part):
        own.to_parquet(f"{folder}/{number}.parquet", compression="zstd", compression_level=1, index=False)
    return start, pd.__version__


def holds(folder):
    import pyarrow as pa
    import pyarrow.parquet as pq

    digest, rows, parts, patients, most = 0, 0, 0, set(), 0
    for path in sorted(pathlib.Path(folder).rglob("*.parquet")):
        table = pq.ParquetFile(path).read(columns=COLUMNS)
        for time_column in ("charttime", "storetime"):
            at = COLUMNS.index(time_column)
            table = table.set_column(at, time_column, table[time_column].cast(pa.timestamp("us")).cast(pa.int64()))
        own = set(table["subject_id"].to_pylist())
        patients, most = patients | own, most + len(own)
        rows, parts = rows + table.num_rows, parts + 1
        for row in zip(*(table[name].to_pylist() for name in COLUMNS)):
            digest += int.from_bytes(hashlib.sha256(repr(row).encode()).digest()[:8], "little")
    return {"rows": rows, "parts": parts, "digest": f"{digest % 2**64:016x}", "whole": len(patients) == most}


if sys.argv[1] == "holds":
    print(json.dumps(holds(sys.argv[2])))
else:
    start, version = globals()[sys.argv[1]](*sys.argv[2:])
    seconds, cpu_seconds = (end - begin for begin, end in zip(start, now()))
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "version": version}))
