"""Opens a clinflow dataset with the libraries whose formats its tables promise.

    python oracle/table_formats.py DATASET ...
    python oracle/table_formats.py --schema > stages/label/testdata/meds_label_schema.json

The table meds must pass LabelSchema.validate and .align of PyPI's meds, part by
part; every table must open in Hugging Face datasets with the rows of the manifest.
--schema writes meds' label schema, which the Go tests compare the tables with.
Values are never printed.
"""

import json
import pathlib
import sys
import tempfile

import datasets
import meds
import pyarrow.parquet


def schema():
    columns = meds.LabelSchema._columns_map()
    return {
        "meds": meds.__version__,
        "columns": {
            name: {
                "type": str(meds.LabelSchema.schema().field(name).type),
                "optional": column.is_optional,
                "nullable": column.nullable.value != "none",
            }
            for name, column in columns.items()
        },
    }


def validate(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    for table, parts in manifest.get("tables", {}).items():
        files = sorted(map(str, (folder / table).glob("*.parquet")))
        if table == "meds":
            for file in files:
                rows = pyarrow.parquet.read_table(file)
                meds.LabelSchema.validate(rows)
                assert meds.LabelSchema.align(rows).equals(rows), file
        with tempfile.TemporaryDirectory() as cache:
            rows = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
            assert rows.num_rows == sum(part["rows"] for part in parts), table
            print(f"{folder.name}/{table}: {len(files)} parts, {rows.num_rows} rows, columns {', '.join(rows.column_names)}")


def main():
    if sys.argv[1:] == ["--schema"]:
        print(json.dumps(schema(), indent=1))
        return
    datasets.disable_progress_bars()
    for folder in sys.argv[1:]:
        validate(pathlib.Path(folder))


if __name__ == "__main__":
    main()
