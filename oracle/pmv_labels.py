"""Golden PMV labels of Clinical XLNet's cohort, on synthetic MIMIC-III.

Writes stages/label/testdata/pmv_labels.json. The episodes of ventilation are those of
mimic-code's own SQL in DuckDB, on the tables of `clinflow synth --release mimiciii`;
the cohort and its labels are made of them here with pandas, as the Rmd of
lindvalllab/clinicalXLNet at 45087b8 says: adults, without four kinds of diagnoses, and
the span from the first start to the last end of an ICU stay's episodes. Its burns are
titles by their places in a list, which other data move: they are named by codes here.
Run at the repository's root:
    python oracle/pmv_labels.py --mimic-code CHECKOUT [--clinflow BINARY]
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile

import duckdb
import pandas as pd

from ventilation_golden import sql_of

OUT = pathlib.Path("stages/label/testdata/pmv_labels.json")
# The settings of synth.mimiciii.
TREES = {f"seed {seed}": dict(patients=1700, seed=seed, radiology_per_admission=0) for seed in (1, 2, 3)}
DAY = pd.Timedelta(days=1)
YEAR = 365.242 * DAY
EXCLUDED = ("14", "3589", "3590", "3591", "35801", "940", "941", *(f"948{tens}" for tens in range(3, 10)), "V59")


def synthesize(clinflow, settings, out):
    flags = [word for key, value in settings.items() for word in (f"--{key.replace('_', '-')}", str(value))]
    subprocess.run([*clinflow, "synth", "--release", "mimiciii", *flags, "--out", str(out)], check=True, capture_output=True)


def episodes(checkout, tree):
    """The rows of ventilation_durations."""
    db = duckdb.connect()
    for schema in ("mimiciii", "mimiciii_derived"):
        db.execute(f"CREATE SCHEMA {schema}")
    for table in ("chartevents", "procedureevents_mv"):
        path = tree / f"{table.upper()}.csv.gz"
        db.execute(f"CREATE TABLE mimiciii.{table} AS SELECT * FROM read_csv('{path}', header=true, types={{'VALUE': 'VARCHAR'}})")
    for concept in ("classification", "durations"):
        db.execute(sql_of(checkout, f"mimic-iii/concepts_duckdb/durations/ventilation_{concept}.sql"))
    rows = db.execute("SELECT icustay_id, starttime, endtime FROM mimiciii_derived.ventilation_durations").fetchall()
    return pd.DataFrame(rows, columns=["ICUSTAY_ID", "STARTTIME", "ENDTIME"])


def read(tree, table, *times):
    return pd.read_csv(tree / f"{table}.csv.gz", parse_dates=list(times), dtype={"ICD9_CODE": str})


def labels(checkout, tree):
    """The label of each admission of the cohort."""
    stays = read(tree, "ICUSTAYS", "INTIME").merge(read(tree, "PATIENTS")[["SUBJECT_ID", "DOB"]], on="SUBJECT_ID")
    born = pd.to_datetime(stays["DOB"]).astype("datetime64[s]")
    stays = stays[stays["INTIME"].astype("datetime64[s]") - born >= 18 * YEAR]
    codes = read(tree, "DIAGNOSES_ICD").dropna(subset=["ICD9_CODE"])
    excluded = codes[codes["ICD9_CODE"].str.startswith(EXCLUDED)]["HADM_ID"]
    stays = stays[~stays["HADM_ID"].isin(excluded)]
    rows = stays.merge(episodes(checkout, tree), on="ICUSTAY_ID").sort_values(["ICUSTAY_ID", "STARTTIME", "ENDTIME"])
    by_stay = rows.groupby(["HADM_ID", "ICUSTAY_ID"])
    span = (by_stay["ENDTIME"].last() - by_stay["STARTTIME"].first()).groupby("HADM_ID").max()
    cohort = span[span + DAY / 4 >= 2 * DAY]
    return (cohort + DAY / 4 >= 7 * DAY).astype(int)


def digest(found):
    """SHA-256 over the sorted lines `hadm_id label`."""
    lines = sorted(f"{hadm_id} {label}\n" for hadm_id, label in found.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mimic-code", required=True, help="a checkout of MIT-LCP/mimic-code")
    parser.add_argument("--clinflow", help="binary; default: go run ./cmd/clinflow")
    arguments = parser.parse_args()
    clinflow = [os.path.abspath(arguments.clinflow)] if arguments.clinflow else ["go", "run", "./cmd/clinflow"]
    golden = {}
    for name, settings in TREES.items():
        with tempfile.TemporaryDirectory() as temporary:
            tree = pathlib.Path(temporary) / "tree"
            synthesize(clinflow, settings, tree)
            found = labels(arguments.mimic_code, tree)
            golden[name] = dict(synth=settings, admissions=len(found), positives=int(found.sum()), sha256=digest(found))
            print(name, golden[name])
    OUT.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
