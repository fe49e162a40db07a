"""Files of labels as pandas writes them: stages/label/given/testdata/labels-*.parquet.

Each lists admissions 11, 10 and 99 (which is not there) with the labels 1, 0 and 1, in
one of the types that a label may have. Run at the repository's root:
python oracle/label_files.py
"""

import pathlib

import pandas as pd

FOLDER = pathlib.Path("stages/label/given/testdata")
HADM = [11, 10, 99]
COLUMNS = {
    "int64": dict(hadm_id=HADM, label=[1, 0, 1]),
    "nullable": dict(hadm_id=pd.array(HADM, dtype="Int64"), label=pd.array([1, 0, 1], dtype="Int8")),
    "float": dict(hadm_id=[float(h) for h in HADM], label=[1.0, 0.0, 1.0]),
    "bool": dict(hadm_id=HADM, label=[True, False, True]),
    "text": dict(hadm_id=[str(h) for h in HADM], label=["ill", "well", "ill"]),
    "category": dict(hadm_id=HADM, label=pd.Categorical(["ill", "well", "ill"])),
    "null": dict(hadm_id=HADM, label=pd.array([1, None, 1], dtype="Int64")),
    "lists": dict(hadm_id=HADM, labels=[["ill", "old"], [], ["ill"]]),
    "numbers": dict(hadm_id=HADM, labels=[[1, 0], [], [1]]),
}


def main():
    for name, columns in COLUMNS.items():
        pd.DataFrame(columns).to_parquet(FOLDER / f"labels-{name}.parquet", index=False)


if __name__ == "__main__":
    main()
