"""Golden labels of the MIMIC-IV demo, counted with pandas.

Writes stages/label/testdata/label_counts.json from the tables beside it: for
each task how many admissions it has and by label, and a digest of the label of
each, so that two mistakes that cancel out in the counts are still seen.
Run at the repository's root: python oracle/label_counts.py
"""

import hashlib
import json
import pathlib

import pandas as pd

TESTDATA = pathlib.Path("stages/label/testdata")
TREE = TESTDATA / "mimiciv-demo-2.2"
DAY = pd.Timedelta(days=1)
INVASIVE_VENTILATION = 225792


def read(name, times=()):
    """One table; codes stay text, for leading zeros are part of them."""
    return pd.read_csv(TREE / f"{name}.csv.gz", dtype={"icd_code": str}, parse_dates=list(times))


def digest(labels):
    """SHA-256 over the sorted lines `hadm_id label`."""
    lines = sorted(f"{hadm_id} {label}\n" for hadm_id, label in labels)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def task(labels, **counts):
    """What the golden file says of a task whose admissions have one class each."""
    return dict(admissions=len(labels), **counts, sha256=digest(labels.items()))


def mortality(admissions):
    labels = admissions.set_index("hadm_id")["hospital_expire_flag"]
    return task(labels, positives=int(labels.sum()))


def length_of_stay(admissions):
    alive = admissions[admissions["hospital_expire_flag"] == 0].set_index("hadm_id")
    stay = alive["dischtime"] - alive["admittime"]
    stay = stay[stay >= 0 * DAY]
    labels = sum((stay > limit * DAY).astype(int) for limit in (3, 7, 14))
    return task(labels, died=len(admissions) - len(alive), classes=[int((labels == c).sum()) for c in range(4)])


def ventilation(admissions, stays, events):
    stays = stays[~(stays["outtime"] < stays["intime"])]
    first = stays.sort_values(["intime", "stay_id"]).groupby("hadm_id").head(1)[["hadm_id", "stay_id"]]
    rows = events[events["itemid"] == INVASIVE_VENTILATION][["stay_id", "starttime", "endtime"]].dropna()
    rows = rows[rows["endtime"] >= rows["starttime"]]
    rows = first.merge(rows, on="stay_id")
    by_admission = rows.groupby("hadm_id")
    span = by_admission["endtime"].max() - by_admission["starttime"].min()
    cohort = span[span >= 1.75 * DAY]
    labels = (cohort >= 6.75 * DAY).astype(int)
    return task(
        labels,
        positives=int(labels.sum()),
        no_icu_stay=len(admissions) - len(first),
        not_ventilated=len(first) - len(span),
        too_short=len(span) - len(cohort),
    )


# Whom Clinical XLNet leaves out, by ICD-9 and by what CMS' mappings of 2018 have for it.
EXCLUDED = {
    "head_neck_cancer": (r"14", r"C0|C1[0-4]"),
    "neuromuscular": (r"3589|3590|3591|35801", r"G7001|G709|G710|G712"),
    "burns": (r"94[01]|948[3-9]", r"(?:T20|T26)...A|T3[12][3-9]"),
    "donor": (r"V59", r"Z52"),
}


def cohort(stays, events, diagnoses, patients):
    """PMV by the longest ventilated of the ICU stays, of the adults, but for the excluded."""
    stays = stays[~(stays["outtime"] < stays["intime"])].merge(patients, on="subject_id")
    codes = diagnoses["icd_code"]
    why = pd.Series(index=diagnoses.index, dtype=object)
    for reason, (nine, ten) in reversed(EXCLUDED.items()):
        why[(diagnoses["icd_version"] == 9) & codes.str.match(nine) | (diagnoses["icd_version"] == 10) & codes.str.match(ten)] = reason
    order = list(EXCLUDED)
    reasons = diagnoses.assign(why=why).dropna(subset="why").groupby("hadm_id")["why"].agg(lambda found: min(found, key=order.index))
    reasons = reasons[reasons.index.isin(stays["hadm_id"])]
    left = stays[~stays["hadm_id"].isin(reasons.index)]
    age = (left["anchor_age"] + left["intime"].dt.year - left["anchor_year"]).where(lambda years: years < 90, 91)
    rows = events[events["itemid"] == INVASIVE_VENTILATION][["stay_id", "starttime", "endtime"]].dropna()
    rows = left[age >= 18][["hadm_id", "stay_id"]].merge(rows[rows["endtime"] >= rows["starttime"]], on="stay_id").groupby(["hadm_id", "stay_id"])
    longest = (rows["endtime"].max() - rows["starttime"].min()).groupby("hadm_id").max()
    labels = (longest[longest >= 1.75 * DAY] >= 6.75 * DAY).astype(int)
    excluded = {reason: int((reasons == reason).sum()) for reason in EXCLUDED}
    return task(labels, positives=int(labels.sum()), too_short=len(longest) - len(labels), excluded=excluded)


def category(code, version, diagnosis):
    long = diagnosis and version == 9 and code.startswith("E")
    return f"{version}:{code[:4 if long else 3]}"


def codes(table, diagnosis):
    labels = [category(code, version, diagnosis) for code, version in zip(table["icd_code"], table["icd_version"])]
    pairs = table.assign(label=labels)[["hadm_id", "label"]].drop_duplicates()
    return dict(
        admissions=int(pairs["hadm_id"].nunique()),
        distinct_codes=int(pairs["label"].nunique()),
        pairs=len(pairs),
        labels=sorted(pairs["label"].unique()),
        sha256=digest(pairs.itertuples(index=False, name=None)),
    )


def main():
    admissions = read("hosp/admissions", ["admittime", "dischtime"])
    stays, events = read("icu/icustays", ["intime", "outtime"]), read("icu/procedureevents", ["starttime", "endtime"])
    golden = dict(
        made_by=f"pandas {pd.__version__}",
        mor=mortality(admissions),
        los=length_of_stay(admissions),
        pmv=ventilation(admissions, stays, events),
        pmv_cohort=cohort(stays, events, read("hosp/diagnoses_icd"), read("hosp/patients")),
        diag=codes(read("hosp/diagnoses_icd"), diagnosis=True),
        proc=codes(read("hosp/procedures_icd"), diagnosis=False),
    )
    (TESTDATA / "label_counts.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    for name, counts in golden.items():
        print(name, {k: v for k, v in counts.items() if k not in ("labels", "sha256")} if isinstance(counts, dict) else counts)


if __name__ == "__main__":
    main()
