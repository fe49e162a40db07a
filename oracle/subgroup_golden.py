"""Golden figures of subgroups and of table 1, by pandas and scikit-learn.

Writes stages/eval/subgroups/testdata/subgroups.json: a small invented hospital with predictions of
three tasks for its admissions, and what is expected of every group, nothing hidden.
Run at the repository's root: python oracle/subgroup_golden.py
"""

import json
import pathlib

import numpy as np
import pandas as pd
from scipy.special import expit, softmax
from sklearn.metrics import roc_auc_score

# MIMIC-IV's values of race, and the groups of mimic-code's icustay_detail.
RACES = {
    "white": ["WHITE", "WHITE - BRAZILIAN", "WHITE - EASTERN EUROPEAN", "WHITE - OTHER EUROPEAN", "WHITE - RUSSIAN"],
    "black": ["BLACK/AFRICAN", "BLACK/AFRICAN AMERICAN", "BLACK/CAPE VERDEAN", "BLACK/CARIBBEAN ISLAND"],
    "hispanic": ["HISPANIC OR LATINO", "HISPANIC/LATINO - CENTRAL AMERICAN", "HISPANIC/LATINO - COLUMBIAN", "HISPANIC/LATINO - CUBAN", "HISPANIC/LATINO - DOMINICAN",
                 "HISPANIC/LATINO - GUATEMALAN", "HISPANIC/LATINO - HONDURAN", "HISPANIC/LATINO - MEXICAN", "HISPANIC/LATINO - PUERTO RICAN", "HISPANIC/LATINO - SALVADORAN"],
    "asian": ["ASIAN", "ASIAN - ASIAN INDIAN", "ASIAN - CHINESE", "ASIAN - KOREAN", "ASIAN - SOUTH EAST ASIAN"],
    "native": ["AMERICAN INDIAN/ALASKA NATIVE"],
    "other": ["MULTIPLE RACE/ETHNICITY", "NATIVE HAWAIIAN OR OTHER PACIFIC ISLANDER", "OTHER", "PORTUGUESE", "SOUTH AMERICAN"],
    "unknown": ["PATIENT DECLINED TO ANSWER", "UNABLE TO OBTAIN", "UNKNOWN", ""],
}
UNITS = {
    "Cardiac Vascular Intensive Care Unit (CVICU)": "CVICU", "Coronary Care Unit (CCU)": "CCU", "Medical Intensive Care Unit (MICU)": "MICU",
    "Medical/Surgical Intensive Care Unit (MICU/SICU)": "MICU/SICU", "Neuro Intermediate": "neuro", "Neuro Stepdown": "neuro",
    "Neuro Surgical Intensive Care Unit (Neuro SICU)": "neuro", "Surgical Intensive Care Unit (SICU)": "SICU", "Trauma SICU (TSICU)": "TSICU", "PACU": "other",
}
PAYERS = {"Medicare": "Medicare", "Medicaid": "Medicaid", "Other": "other", "Private": "private", "No charge": "other", "": "unknown"}
YEARS = ["2008 - 2010", "2011 - 2013", "2014 - 2016", ""]
ATTRIBUTES = ["sex", "age", "insurance", "race", "first_careunit", "year_group"]


def hospital(rng):
    """Patients, admissions and ICU stays: one row each."""
    patients = pd.DataFrame(dict(subject_id=np.arange(1, 241) * 7))
    n = len(patients)
    patients["gender"] = rng.choice(["F", "M", ""], n, p=[0.5, 0.48, 0.02])
    patients["anchor_age"] = rng.integers(18, 92, n)
    patients["anchor_year"] = rng.integers(2110, 2190, n)
    patients["anchor_year_group"] = rng.choice(YEARS, n)
    patients["split"] = rng.choice(["train", "val", "test"], n, p=[0.4, 0.2, 0.4])
    admissions = patients.loc[patients.index.repeat(rng.integers(1, 4, n)), ["subject_id", "anchor_year"]].reset_index(drop=True)
    m = len(admissions)
    admissions["hadm_id"] = 20000 + rng.permutation(m)
    day = rng.integers(0, 900, m)
    start = pd.to_datetime(admissions.pop("anchor_year").astype(str) + "-01-01")
    admissions["admittime"] = (start + pd.to_timedelta(day, unit="D")).dt.strftime("%Y-%m-%d %H:%M:%S")
    admissions["insurance"] = rng.choice(list(PAYERS), m)
    admissions["race"] = rng.choice(sum(RACES.values(), []), m)
    stays = admissions.loc[admissions.index.repeat(rng.integers(0, 3, m)), ["subject_id", "hadm_id", "admittime"]].reset_index(drop=True)
    stays["stay_id"] = 30000 + np.arange(len(stays))
    hours = rng.permutation(len(stays))
    stays["intime"] = (pd.to_datetime(stays.pop("admittime")) + pd.to_timedelta(hours, unit="h")).dt.strftime("%Y-%m-%d %H:%M:%S")
    stays["first_careunit"] = rng.choice(list(UNITS), len(stays))
    return patients, admissions, stays


def described(patients, admissions, stays):
    """The admissions with their groups."""
    t = admissions.merge(patients, on="subject_id")
    years = t.anchor_age + pd.to_datetime(t.admittime).dt.year - t.anchor_year
    t["years"] = years.where(years < 90, 91)
    t["sex"] = t.gender.map({"F": "female", "M": "male", "": "unknown"})
    t["age"] = pd.cut(t.years, [-1, 17, 44, 64, 79, 200], labels=["under 18", "18-44", "45-64", "65-79", "80 and over"]).astype(str)
    t["insurance"] = t.insurance.map(PAYERS)
    t["race"] = t.race.map({race: group for group, races in RACES.items() for race in races})
    first = stays.sort_values(["intime", "stay_id"]).groupby("hadm_id").first_careunit.first().map(UNITS)
    t["first_careunit"] = t.hadm_id.map(first).fillna("no ICU stay")
    t["year_group"] = t.anchor_year_group.replace("", "unknown")
    return t


def tasks(rng, n):
    """Labels and logits of each task, in float32."""
    y = (rng.random(n) < 0.35).astype(int)
    noise = rng.normal(size=(n, 2))
    yield "pmv", "binary", [[int(label)] for label in y], noise + np.outer(y, [0, 1.2])
    y = rng.choice(4, n, p=[0.2, 0.3, 0.3, 0.2])
    yield "los", "multiclass", [[int(label)] for label in y], rng.normal(size=(n, 4)) + 1.1 * np.eye(4)[y]
    y = rng.random((n, 5)) < [0.5, 0.3, 0.2, 0.1, 0.0]
    yield "diag", "multilabel", [np.flatnonzero(row).tolist() for row in y], rng.normal(size=(n, 5)) + y


def mean_auroc(y, p):
    """The mean over the columns that some examples have and others do not."""
    used = [k for k in range(p.shape[1]) if len(set(y[:, k])) == 2]
    return float(np.mean([roc_auc_score(y[:, k], p[:, k]) for k in used])) if used else None


def pair_mean(y, p):
    """Hand and Till's M over the classes that are there."""
    values = []
    for i in range(p.shape[1]):
        for j in range(i):
            of = (y == i) | (y == j)
            if len(set(y[of])) == 2:
                values.append((roc_auc_score(y[of] == i, p[of, i]) + roc_auc_score(y[of] == j, p[of, j])) / 2)
    return float(np.mean(values)) if values else None


def ece(y, p):
    """The expected calibration error over ten bins of equal width, each with its upper edge, mean over the columns."""
    values = []
    for k in range(p.shape[1]):
        of = np.clip(np.ceil(p[:, k] * 10) - 1, 0, 9)
        values.append(sum(abs(p[of == b, k].sum() - y[of == b, k].sum()) for b in range(10)) / len(y))
    return float(np.mean(values))


def measure(kind, labels, logits):
    """A group's figures, the AUROC by both recipes."""
    if kind == "binary":
        y, p = np.array([label[0] for label in labels]), softmax(logits, axis=1)[:, 1]
        auroc = mean_auroc(y[:, None], (logits[:, 1] - logits[:, 0])[:, None])
        return dict(positives=int(y.sum()), auroc=auroc, auroc_paper=auroc, mean_predicted=float(p.mean()), observed=float(y.mean()), ece=ece(y[:, None], p[:, None]))
    if kind == "multiclass":
        y, p = np.array([label[0] for label in labels]), softmax(logits, axis=1)
        has = y[:, None] == np.arange(p.shape[1])
        return dict(positives=len(y), auroc=mean_auroc(has, p), auroc_paper=pair_mean(y, p), ece=ece(has, p))
    y = np.zeros(logits.shape, dtype=int)
    for row, has in enumerate(labels):
        y[row, has] = 1
    return dict(
        positives=int(y.sum()), auroc=mean_auroc(y, logits), auroc_paper=mean_auroc(y, softmax(logits, axis=1)),
        mean_predicted=float(expit(logits).mean()), observed=float(y.mean()), ece=ece(y, expit(logits)),
    )


def groups(t, kind, labels, logits):
    for attribute in ATTRIBUTES:
        for group, rows in sorted(t.groupby(attribute).indices.items()):
            yield dict(attribute=attribute, group=group, n=len(rows), patients=int(t.subject_id.iloc[rows].nunique()), **measure(kind, [labels[i] for i in rows], logits[rows]))


def table1(t):
    for split in ["train", "val", "test"]:
        of = t[t.split == split]
        first = of.sort_values(["admittime", "hadm_id"]).groupby("subject_id").first()
        yield dict(
            split=split, patients=len(first), admissions=len(of), mean=float(first.years.mean()), sd=float(first.years.std()),
            quartiles=[float(np.quantile(first.years, q, method="inverted_cdf")) for q in (0.25, 0.5, 0.75)],
            groups={attribute: first[attribute].value_counts().to_dict() for attribute in ATTRIBUTES},
        )


def main():
    rng = np.random.default_rng(17)
    patients, admissions, stays = hospital(rng)
    t = described(patients, admissions, stays)
    made = []
    for name, kind, labels, logits in tasks(rng, len(t)):
        logits = np.round(logits, 3).astype(np.float32)
        made.append(dict(
            task=name, kind=kind, labels=labels, logits=[[round(float(x), 3) for x in row] for row in logits],
            groups=list(groups(t, kind, labels, logits.astype(np.float64))),
        ))
    golden = dict(patients=patients.to_dict("records"), admissions=admissions.to_dict("records"), stays=stays.to_dict("records"), tasks=made, table1=list(table1(t)))
    path = pathlib.Path("stages/eval/subgroups/testdata/subgroups.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
