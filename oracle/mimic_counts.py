"""Compare what ingest.mimiciv or ingest.mimiciii wrote with what pandas reads.

usage: mimic_counts.py ROOT DATASET [NOTE_ROOT]

ROOT holds hosp/ and icu/ (and note/, without NOTE_ROOT), or MIMIC-III's ADMISSIONS
and the other files; DATASET is the folder that the step wrote. Every row of every
table is compared, of chartevents those of the items that were kept; a table whose
files are not there must be empty. Prints counts alone, never a value, and ends with 1
where anything differs.
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

ADMISSION_TEXT = ["admission_type", "admission_location", "discharge_location", "insurance", "language", "marital_status", "race"]
ADMISSION_TIMES = ["admittime", "dischtime", "deathtime", "edregtime", "edouttime"]
STAYS = (["first_careunit", "last_careunit"], ["subject_id", "hadm_id", "stay_id"], ["intime", "outtime"])
CHARTED = (["value"], ["subject_id", "hadm_id", "stay_id", "itemid"], ["charttime", "storetime"])

# table: (raw files, columns of text, of numbers, of times)
TABLES = {
    "patients": (["hosp/patients"], ["gender", "anchor_year_group"], ["subject_id", "anchor_age", "anchor_year"], ["dod"]),
    "admissions": (
        ["hosp/admissions"],
        ADMISSION_TEXT,
        ["subject_id", "hadm_id", "hospital_expire_flag"],
        ADMISSION_TIMES,
    ),
    "diagnoses": (["hosp/diagnoses_icd"], ["icd_code"], ["subject_id", "hadm_id", "seq_num", "icd_version"], []),
    "procedures": (["hosp/procedures_icd"], ["icd_code"], ["subject_id", "hadm_id", "seq_num", "icd_version"], ["chartdate"]),
    "icustays": (["icu/icustays"], *STAYS),
    "chartevents": (["icu/chartevents"], *CHARTED),
    "ventilation": (["icu/procedureevents"], ["kind"], ["subject_id", "hadm_id", "stay_id"], ["starttime", "endtime"]),
    "notes": (
        ["note/discharge", "note/radiology"],
        ["note_id", "note_type", "category", "text"],
        ["subject_id", "hadm_id", "note_seq"],
        ["charttime", "storetime"],
    ),
}

TABLES_III = {
    "patients": (["PATIENTS"], ["gender"], ["subject_id"], ["dob", "dod"]),
    "admissions": (["ADMISSIONS"], ADMISSION_TEXT, ["subject_id", "hadm_id", "hospital_expire_flag"], ADMISSION_TIMES),
    "diagnoses": (["DIAGNOSES_ICD"], ["icd_code"], ["subject_id", "hadm_id", "seq_num"], []),
    "procedures": (["PROCEDURES_ICD"], ["icd_code"], ["subject_id", "hadm_id", "seq_num"], []),
    "icustays": (["ICUSTAYS"], *STAYS),
    "ventilation": (["PROCEDUREEVENTS_MV"], ["kind"], ["subject_id", "hadm_id", "stay_id"], ["starttime", "endtime"]),
    "chartevents": (["CHARTEVENTS"], *CHARTED),
    "notes": (
        ["NOTEEVENTS"],
        ["note_id", "note_type", "category", "description", "text"],
        ["subject_id", "hadm_id", "iserror"],
        ["chartdate", "charttime", "storetime"],
    ),
}
# What MIMIC-III calls the columns, and what a row of its tables must have.
NAMES_III = {"icustay_id": "stay_id", "icd9_code": "icd_code", "ethnicity": "race", "row_id": "note_id"}
NEEDED_III = {"diagnoses": "icd_code", "procedures": "icd_code", "notes": "text"}


def read_raw(roots, name):
    """One raw file, every field as text, line ends in quotes kept; None: not there."""
    root = roots["note" if name.startswith("note/") else "root"]
    for suffix in (".csv.gz", ".csv"):
        path = root / (name + suffix)
        if path.exists():
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            frame.columns = frame.columns.str.lower()
            if name.startswith("note/"):
                frame["category"] = DISCHARGE if name.endswith("discharge") else RADIOLOGY
            return frame
    return None


def type_iii(row):
    """The type of a note of MIMIC-III, by its category and description."""
    if row["category"] == DISCHARGE:
        return {"Report": "discharge_summary", "Addendum": "addendum"}.get(row["description"], "")
    if row["category"] == RADIOLOGY:
        return "radiology_addendum" if row["description"] == "Addendum" else "radiology_report"
    return ""


def rows_of(table, raw, iii, got):
    """The raw rows that belong into a table, in its words."""
    if iii:
        raw = raw.rename(columns=NAMES_III)
        if table in NEEDED_III:
            raw = raw[raw[NEEDED_III[table]] != ""]
    if table == "ventilation":
        raw = raw.assign(kind=raw["itemid"].map(VENTILATION)).dropna(subset="kind")
    if table == "chartevents":
        raw = raw[raw["itemid"].isin(got["itemid"].astype(str).unique())]
    if table == "notes" and iii:
        types = [type_iii(row) for _, row in raw[["category", "description"]].iterrows()]
        raw = raw.assign(note_type=types, iserror=(raw["iserror"] == "1").astype(int).astype(str))
    elif table == "notes":
        raw = raw.assign(note_type=raw["note_type"].replace(NOTE_TYPES))
    return raw


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
    iii = read_raw(roots, "ADMISSIONS") is not None
    differs = False
    for table, (files, text, numbers, times) in (TABLES_III if iii else TABLES).items():
        written = read_parts(dataset, table, times)
        frames = [frame for frame in (read_raw(roots, f) for f in files) if frame is not None]
        raw = rows_of(table, pd.concat(frames, ignore_index=True), iii, written) if frames else written.iloc[:0]
        want = canonical(raw, text, numbers, times)
        got = canonical(written, text, numbers, times)
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
