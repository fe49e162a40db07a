"""Opens what clinflow wrote with the libraries whose formats it promises.

    python oracle/table_formats.py FOLDER ...
    python oracle/table_formats.py --schema > stages/label/testdata/meds_label_schema.json

A folder is a dataset of clinflow, or one of MEDS that clinflow export meds wrote. Every
table must open in Hugging Face datasets, polars and DuckDB with the rows that the
manifest, or pyarrow, counts, and with the same columns. A table of labels named meds
must pass PyPI's meds, LabelSchema.validate and .align, part by part; an export DataSchema
and the schemas of its metadata, its patients must lie in one shard each and be ordered by
time, and its codes must be listed. --schema writes meds' label schema, which the Go tests
compare the tables with. Values are never printed.
"""

import json
import pathlib
import sys
import tempfile

import datasets
import duckdb
import meds
import polars
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


def opens(name, files, rows):
    """Each library finds all rows and the columns that pyarrow finds. Of a table without
    rows load_dataset says that there is no data."""
    columns = pyarrow.parquet.read_schema(files[0]).names
    if rows:
        with tempfile.TemporaryDirectory() as cache:
            loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
            assert (loaded.num_rows, loaded.column_names) == (rows, columns), f"{name}: datasets"
    scanned = polars.read_parquet(files)
    assert (scanned.height, scanned.columns) == (rows, columns), f"{name}: polars"
    relation = duckdb.read_parquet(files)
    counted = relation.count("*").fetchall()[0][0]
    assert (counted, relation.columns) == (rows, columns), f"{name}: duckdb"
    print(f"{name}: {len(files)} files, {rows} rows, columns {', '.join(columns)}")


def dataset(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    for table, parts in manifest.get("tables", {}).items():
        files = sorted(map(str, (folder / table).glob("*.parquet")))
        assert len(files) == len(parts), table
        if table == "meds":
            for file in files:
                rows = pyarrow.parquet.read_table(file)
                meds.LabelSchema.validate(rows)
                assert meds.LabelSchema.align(rows).equals(rows), file
        opens(f"{folder.name}/{table}", files, sum(part["rows"] for part in parts))


def export(folder):
    files = sorted(map(str, folder.glob("data/**/*.parquet")))
    shards = [pyarrow.parquet.read_table(file) for file in files]
    seen, codes = set(), set()
    for shard in shards:
        meds.DataSchema.validate(shard)
        frame = polars.from_arrow(shard)
        subjects = frame["subject_id"].rle().struct.field("value").to_list()
        assert len(subjects) == len(set(subjects)) and not seen & set(subjects), "a patient in two places"
        seen |= set(subjects)
        ordered = frame.select(polars.col("time").is_sorted(nulls_last=False).over("subject_id")).to_series()
        assert ordered.all(), "a patient's events are not in the order of time"
        codes |= set(frame["code"])
    opens(f"{folder.name}/data", files, sum(shard.num_rows for shard in shards))
    listed = pyarrow.parquet.read_table(folder / meds.code_metadata_filepath)
    meds.CodeMetadataSchema.validate(listed)
    assert set(listed["code"].to_pylist()) == codes, "codes.parquet lists other codes"
    meds.DatasetMetadataSchema.validate(json.loads((folder / meds.dataset_metadata_filepath).read_text()))
    if (folder / meds.subject_splits_filepath).exists():
        splits = pyarrow.parquet.read_table(folder / meds.subject_splits_filepath)
        meds.SubjectSplitSchema.validate(splits)
        assert set(splits["subject_id"].to_pylist()) == seen, "subject_splits.parquet has other patients"
        assert set(splits["split"].to_pylist()) <= {meds.train_split, meds.tuning_split, meds.held_out_split}
    print(f"{folder.name}: a MEDS dataset of {len(seen)} patients, {len(codes)} codes")


def main():
    if sys.argv[1:] == ["--schema"]:
        print(json.dumps(schema(), indent=1))
        return
    datasets.disable_progress_bars()
    for folder in map(pathlib.Path, sys.argv[1:]):
        (dataset if (folder / "manifest.json").exists() else export)(folder)


if __name__ == "__main__":
    main()
