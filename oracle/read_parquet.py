"""Reads a clinflow dataset with pyarrow and pandas, as its users will.

    python oracle/read_parquet.py DATASET

Prints the types of each table's columns and fails where a part differs from the
manifest in rows, or a column has not the type that the table's row struct asks
for. Values are never printed.
"""

import hashlib
import json
import pathlib
import sys

import pandas
import pyarrow
import pyarrow.parquet

# Columns by name, over all tables; every other integer is an id or a row number.
TYPES = {
    pyarrow.timestamp("us"): {
        "dod", "admittime", "dischtime", "deathtime", "chartdate", "intime", "outtime",
        "starttime", "endtime", "charttime", "storetime", "prediction_time",
    },
    pyarrow.bool_(): {"iserror", "boolean_value", "withdrawn"},
    pyarrow.int32(): {
        "anchor_age", "anchor_year", "hospital_expire_flag", "seq_num", "icd_version",
        "note_seq", "label", "n_tokens", "source_file",
    },
    pyarrow.int64(): {
        "subject_id", "hadm_id", "stay_id", "source_row", "row", "byte_offset",
        "integer_value",
    },
    "list<int32>": {"labels", "input_ids"},
    "list<float>": {"logits"},
}


def expected(name):
    for kind, names in TYPES.items():
        if name in names:
            return kind
    return pyarrow.string()


def type_of(field):
    if pyarrow.types.is_list(field.type):
        return f"list<{field.type.value_type}>"
    return field.type


def read_table(folder, table, parts):
    for number, info in enumerate(parts):
        path = folder / table / f"part-{number:05d}-of-{len(parts):05d}.parquet"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == info["sha256"], path
        file = pyarrow.parquet.ParquetFile(path)
        assert file.metadata.num_rows == info["rows"], path
        for field in file.schema_arrow:
            assert type_of(field) == expected(field.name), (path, field)
        frame = pandas.read_parquet(path)
        assert len(frame) == info["rows"], path
    whole = pyarrow.parquet.read_table(folder / table)
    print(f"{table}: {len(parts)} parts, {whole.num_rows} rows")
    for field, column in zip(whole.schema, whole.columns):
        print(f"  {field.name}: {type_of(field)}, {'optional' if field.nullable else 'required'}, {column.null_count} null")


def main():
    folder = pathlib.Path(sys.argv[1])
    manifest = json.loads((folder / "manifest.json").read_text())
    for table, parts in manifest.get("tables", {}).items():
        read_table(folder, table, parts)


if __name__ == "__main__":
    main()
