"""Writes stages/split/testdata: one split as the files that others leave, by pandas, polars and
pickle. Every file lists the same ids, but for the columns and kinds of files.

    python oracle/split_lists.py
"""

import os
import pickle

import pandas as pd
import polars as pl

FOLDER = os.path.join(os.path.dirname(__file__), "..", "stages", "split", "testdata")

# Patients 1 to 9; admission 10 * n + k is the k-th of patient n, and patient 3 is in two splits.
PATIENTS = {1: "train", 2: "train", 3: "val", 4: "test", 5: "train", 999: "test"}
ADMISSIONS = {11: "train", 12: "train", 21: "val", 31: "train", 32: "test", 41: "test", 9991: "val"}


def main():
    os.makedirs(os.path.join(FOLDER, "core"), exist_ok=True)
    patients = pd.DataFrame({"subject_id": PATIENTS.keys(), "split": PATIENTS.values(), "n": 1.5})
    admissions = pd.DataFrame({"hadm_id": ADMISSIONS.keys(), "split": ADMISSIONS.values()})
    at = lambda name: os.path.join(FOLDER, name)
    patients.to_csv(at("patients.csv"), index=False)
    patients.to_csv(at("patients.csv.gz"), index=False, compression={"method": "gzip", "mtime": 1})
    patients.to_parquet(at("pandas.parquet"))
    patients.astype({"subject_id": "int32", "split": "category"}).to_parquet(at("narrow.parquet"))
    meds = {"train": "train", "val": "tuning", "test": "held_out"}
    pl.DataFrame({"subject_id": list(PATIENTS), "split": [meds[s] for s in PATIENTS.values()]}).write_parquet(at("subject_splits.parquet"))
    admissions.to_csv(at("admissions.csv"), index=False)
    admissions.to_parquet(at("admissions.parquet"))
    for name in ["train", "val", "test"]:
        ids = [i for i, s in PATIENTS.items() if s == name]
        # CORe's lists have one row a note.
        pd.DataFrame({"SUBJECT_ID": [i for i in ids for _ in range(i % 3 + 1)]}).to_csv(at(f"core/mimic_{name}.csv"), index=False)
    with open(at("pmv_labels.pkl"), "wb") as f:
        pickle.dump({hadm: [hadm % 2, split] for hadm, split in ADMISSIONS.items()}, f)
    with open(at("tuples.pickle"), "wb") as f:
        pickle.dump({hadm: (hadm % 2, "x", split) for hadm, split in ADMISSIONS.items()}, f, protocol=0)
    with open(at("numpy.pkl"), "wb") as f:
        pickle.dump({hadm: [pd.Series([hadm % 2])[0], split] for hadm, split in ADMISSIONS.items()}, f)


if __name__ == "__main__":
    main()
