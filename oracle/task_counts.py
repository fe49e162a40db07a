"""Golden labels of the declared tasks that ship, counted with pandas on the MIMIC-IV demo.

Writes stages/label/testdata/task_counts.json from the tables beside it: for each of
tasks/*.yaml how many admissions it has, why the others are none of it, and a digest of
the index time and the label of each. What the YAML says in CEL is said here once more.
Run at the repository's root: python oracle/task_counts.py
"""

import hashlib
import json
import pathlib

import pandas as pd

TESTDATA = pathlib.Path("stages/label/testdata")
TREE = TESTDATA / "mimiciv-demo-2.2"
DAY = pd.Timedelta(days=1)


def read(name, times=()):
    return pd.read_csv(TREE / f"{name}.csv.gz", dtype={"icd_code": str}, parse_dates=list(times))


def task(index, label, dropped):
    """What the golden file says of a task: index and label by hadm_id, dropped by reason.

    An admission that several reasons drop is counted under the first."""
    gone = pd.Series(False, index=label.index)
    counts = {}
    for reason, rows in dropped.items():
        counts[reason] = int((rows & ~gone).sum())
        gone |= rows
    label, index = label[~gone], index[~gone]
    lines = sorted(f"{hadm} {at:%Y-%m-%d %H:%M:%S} {int(y)}\n" for hadm, at, y in zip(label.index, index, label))
    return dict(
        admissions=len(label), positives=int(label.sum()),
        dropped={reason: n for reason, n in counts.items() if n},
        sha256=hashlib.sha256("".join(lines).encode()).hexdigest(),
    )


def readmitted(admissions, days):
    """Whether a later admission of the patient begins within so many days of discharge."""
    pairs = admissions.reset_index().merge(admissions.reset_index(), on="subject_id", suffixes=("", "_next"))
    gap = pairs["admittime_next"] - pairs["dischtime"]
    back = pairs[(gap > 0 * DAY) & (gap <= days * DAY)]["hadm_id"]
    return admissions.index.to_series().isin(back)


def binary(admissions, icustays):
    died_in_hospital = admissions["hospital_expire_flag"] == 1
    stay = admissions["dischtime"] - admissions["admittime"]
    back = readmitted(admissions, 30)
    to_death = admissions["dod"] - admissions["dischtime"]
    day_after = admissions["admittime"] + DAY
    with_icu = icustays.groupby("hadm_id")["intime"].min().reindex(admissions.index)
    return dict(
        readmission_30d=task(admissions["dischtime"], back, dict(
            not_in_cohort=died_in_hospital, ends_before_it_begins=stay < 0 * DAY, died_within_30_days=(to_death <= 30 * DAY) & ~back)),
        icu_admission=task(admissions["admittime"], with_icu.notna(), dict(
            in_intensive_care_on_admission=with_icu <= admissions["admittime"])),
        stay_over_7d=task(admissions["admittime"], stay > 7 * DAY, dict(
            not_in_cohort=died_in_hospital, dischtime_before_admittime=stay < 0 * DAY)),
        mortality_1y=task(admissions["dischtime"], to_death <= 365 * DAY, dict(
            not_in_cohort=died_in_hospital, died_before_discharge=to_death <= -DAY)),
        mortality_from_radiology_24h=task(day_after, died_in_hospital, dict(
            not_in_cohort=admissions["dischtime"] <= day_after)),
    )


def clinibench(admissions, diagnoses, icustays):
    """CliniBench's four cohorts: three characters of every code, four of ICD-9's E."""
    counts = {}
    in_icu = admissions.index.isin(icustays["hadm_id"])
    for where, chosen in (("hosp", ~in_icu), ("icu", in_icu)):
        for version in (9, 10):
            rows = diagnoses[(diagnoses["icd_version"] == version) & diagnoses["hadm_id"].isin(admissions.index[chosen])]
            external = (version == 9) & rows["icd_code"].str.startswith("E")
            category = rows["icd_code"].str.slice(0, 3).where(~external, rows["icd_code"].str.slice(0, 4))
            pairs = rows.assign(label=f"{version}:" + category)[["hadm_id", "label"]].drop_duplicates()
            lines = sorted(f"{hadm} {label}\n" for hadm, label in pairs.itertuples(index=False))
            counts[f"clinibench_{where}_icd{version}"] = dict(
                admissions=pairs["hadm_id"].nunique(), dropped={"not_in_cohort": len(admissions) - pairs["hadm_id"].nunique()},
                pairs=len(pairs), labels=sorted(pairs["label"].unique()),
                sha256=hashlib.sha256("".join(lines).encode()).hexdigest(),
            )
    return counts


def main():
    patients = read("hosp/patients", ["dod"])
    admissions = read("hosp/admissions", ["admittime", "dischtime"]).merge(patients[["subject_id", "dod"]], on="subject_id").set_index("hadm_id")
    icustays = read("icu/icustays", ["intime"])
    golden = binary(admissions, icustays) | clinibench(admissions, read("hosp/diagnoses_icd"), icustays)
    for name, counts in golden.items():
        print(name, {key: value for key, value in counts.items() if key not in ("labels", "sha256")})
    text = json.dumps(dict(made_by=f"pandas {pd.__version__}", tasks=golden), separators=(",", ":"))
    (TESTDATA / "task_counts.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
