"""Compare what ingest.mimiciv wrote with what pandas reads from the same files.

usage: mimic_counts.py ROOT DATASET [NOTE_ROOT]

ROOT holds hosp/ and icu/ (and note/, without NOTE_ROOT); DATASET is the folder
that the step wrote. Every row of every table is compared. Prints counts alone,
never a value, and ends with 1 where anything differs.
"""

import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

VENTILATION = {
    "225792": "invasive_ventilation",
    "225794": "non_invasive_ventilation",
    "224385": "intubation",
    "227194": "extubation",
    "225468": "unplanned_extubation_patient",
    "225477": "unplanned_extubation_other",
}
NOTE_TYPES = {"DS": "discharge_summary", "AD": "addendum", "RR": "radiology_report", "AR": "radiology_addendum"}
DISCHARGE, RADIOLOGY = "Discharge summary", "Radiology"

# table: (raw files, columns of text, of numbers, of times)
TABLES = {
    "patients": (["hosp/patients"], ["gender", "anchor_year_group"], ["subject_id", "anchor_age", "anchor_year"], ["dod"]),
    "admissions": (
        ["hosp/admissions"],
        ["admission_type", "discharge_location"],
        ["subject_id", "hadm_id", "hospital_expire_flag"],
        ["admittime", "dischtime", "deathtime"],
    ),
    "diagnoses": (["hosp/diagnoses_icd"], ["icd_code"], ["subject_id", "hadm_id", "seq_num", "icd_version"], []),
    "procedures": (["hosp/procedures_icd"], ["icd_code"], ["subject_id", "hadm_id", "seq_num", "icd_version"], ["chartdate"]),
    "icustays": (["icu/icustays"], ["first_careunit"], ["subject_id", "hadm_id", "stay_id"], ["intime", "outtime"]),
    "ventilation": (["icu/procedureevents"], ["kind"], ["subject_id", "hadm_id", "stay_id"], ["starttime", "endtime"]),
    "notes": (
        ["note/discharge", "note/radiology"],
        ["note_id", "note_type", "category", "text"],
        ["subject_id", "hadm_id", "note_seq"],
        ["charttime", "storetime"],
    ),
}


def read_raw(roots, name):
    """One raw file, every field as text, line ends in quotes kept."""
    root = roots["note" if name.startswith("note/") else "root"]
    for suffix in (".csv.gz", ".csv"):
        path = root / (name + suffix)
        if path.exists():
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            frame["category"] = DISCHARGE if name.endswith("discharge") else RADIOLOGY
            return frame
    raise SystemExit(f"{root / name}: no such file")


def canonical(frame, text, numbers, times):
    """Rows as sorted tuples: empty for absent, times as microseconds."""
    out = pd.DataFrame(index=frame.index)
    for column in text:
        out[column] = frame[column].fillna("").astype(str)
    for column in numbers:
        out[column] = pd.to_numeric(frame[column].replace("", pd.NA)).fillna(-1 if column.endswith("flag") else 0).astype("int64")
    for column in times:
        if pd.api.types.is_numeric_dtype(frame[column]):
            out[column] = frame[column].fillna(0).astype("int64")
        else:
            parsed = pd.to_datetime(frame[column].replace("", pd.NaT), format="ISO8601")
            out[column] = parsed.apply(lambda t: 0 if pd.isna(t) else int(t.timestamp() * 1_000_000))
    return sorted(out.itertuples(index=False, name=None))


def read_parts(dataset, table, times):
    parts = sorted((dataset / table).glob("part-*.parquet"))
    frame = pd.concat([pq.read_table(p).to_pandas(timestamp_as_object=True) for p in parts], ignore_index=True)
    for column in times:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = frame[column].apply(lambda t: "" if pd.isna(t) else str(t))
    return frame


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    root, dataset = Path(sys.argv[1]), Path(sys.argv[2])
    roots = {"root": root, "note": Path(sys.argv[3]) if len(sys.argv) == 4 else root}
    differs = False
    for table, (files, text, numbers, times) in TABLES.items():
        raw = pd.concat([read_raw(roots, f) for f in files], ignore_index=True)
        if table == "ventilation":
            raw = raw.assign(kind=raw["itemid"].map(VENTILATION)).dropna(subset="kind")
        if table == "notes":
            raw["note_type"] = raw["note_type"].replace(NOTE_TYPES)
        want = canonical(raw, text, numbers, times)
        got = canonical(read_parts(dataset, table, times), text, numbers, times)
        line = f"{table}: {len(want)} rows"
        if table == "admissions":
            line += f", {(raw['hospital_expire_flag'] == '1').sum()} deaths"
        if want != got:
            differs = True
            unequal = sum(a != b for a, b in zip(want, got))
            line += f" DIFFERS: {len(got)} rows written, {unequal} of those in the same place unequal"
        print(line)
    sys.exit(differs)


if __name__ == "__main__":
    main()
