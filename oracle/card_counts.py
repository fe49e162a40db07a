"""Counts with pandas what a card of label.card tells, and compares every number.

    python oracle/card_counts.py CARD --texts FOLDER ... --labels FOLDER --split FOLDER \
        [--tokens FOLDER ...]

The card is made with small_cells: show; later texts and tokens stand in the places of
earlier ones, as they are listed in the DAG. Equal texts are looked for here anew. Fails
at the first number that differs, without any text.
"""

import argparse
import json
import pathlib

import numpy
import pandas

SPLITS = ["train", "val", "test"]
SECTIONS = [
    "CHIEF COMPLAINT", "PRESENT ILLNESS", "MEDICAL HISTORY", "MEDICATION ON ADMISSION",
    "ALLERGIES", "PHYSICAL EXAM", "FAMILY HISTORY", "SOCIAL HISTORY",
]


def table(folder, name):
    return pandas.concat([pandas.read_parquet(path) for path in sorted((folder / name).glob("part-*.parquet"))])


def laid(folders, name):
    """The rows of the first dataset, those of later ones in their places."""
    first = table(folders[0], name).set_index("text_id")
    for folder in folders[1:]:
        later = table(folder, name).set_index("text_id")
        assert later.index.isin(first.index).all()
        first = pandas.concat([first[~first.index.isin(later.index)], later])
    return first.reset_index()


def joined(texts, labels, split):
    """Texts with a split, their admission's label, and whether they have all."""
    assert labels["text_id"].isna().all() and labels["hadm_id"].is_unique
    if "hadm_id" in split and split["hadm_id"].notna().any():
        raise SystemExit("only splits of patients are counted here")
    rows = texts.merge(split[["subject_id", "split"]], on="subject_id", how="left")
    return rows.merge(labels[["hadm_id", "label", "labels", "prediction_time"]], on="hadm_id", how="left", suffixes=("", "_label"))


def lengths(values, told):
    if len(values) == 0:
        return None
    width = told["bin_width"]
    bins = numpy.bincount(numpy.minimum(values // width, len(told["bins"]) - 1), minlength=len(told["bins"]))
    quantile = lambda q: int(numpy.quantile(values, q, method="inverted_cdf"))
    return {
        "texts": len(values), "mean": float(f"{values.mean():.1f}") if len(values) else None,
        "median": quantile(0.5), "p90": quantile(0.9), "bin_width": width, "bins": bins.tolist(),
    }


def part(n, among, name=None):
    told = {"n": int(n), "share": float(n / among) if among else None}
    return told if name is None else {"name": name} | told


def counted(rows, told, task, labels, tokens, train):
    """What the card tells of the examples of a split."""
    multilabel = task["kind"] == "multilabel"
    number = rows["labels"].explode().dropna() if multilabel else rows["label"]
    having = [int((number == k).sum()) for k in range(len(task["labels"]))]
    text = rows["text"]
    bodies = pandas.DataFrame([t.split("\n\n") for t in text], columns=SECTIONS, index=rows.index)
    empty = [int((bodies[s] == s + ": ").sum()) for s in SECTIONS]
    n = len(rows)
    return {
        "split": told["split"], "patients": rows["subject_id"].nunique(), "examples": n,
        "labels": [part(k, n, name) for k, name in zip(having, task["labels"])],
        "missing_labels": having.count(0), "unseen_labels": sum(1 for k, t in zip(having, train or having) if k and not t),
        "characters": lengths(text.str.len().to_numpy(), told["characters"]),
        "tokens": None if tokens is None else lengths(tokens.loc[rows["text_id"], "n_tokens"].to_numpy(), told["tokens"]),
        "empty_sections": [part(k, n, name) for k, name in zip(empty, SECTIONS)],
        "equal": {"within": part(rows["within"].sum(), n), "across": part(rows["across"].sum(), n)},
        "after_index": part((rows["prediction_time"] > rows["prediction_time_label"]).sum(), n),
    }, having


def same(got, want, place):
    """Compares two JSON values number by number; floats may differ in the last bit."""
    if isinstance(want, dict):
        assert isinstance(got, dict) and sorted(got) == sorted(want), place
        return sum(same(got[key], want[key], f"{place}.{key}") for key in want)
    if isinstance(want, list):
        assert isinstance(got, list) and len(got) == len(want), place
        return sum(same(a, b, f"{place}[{i}]") for i, (a, b) in enumerate(zip(got, want)))
    close = isinstance(want, float) and isinstance(got, (int, float)) and abs(got - want) < 1e-9
    assert got == want or close, f"{place}: the card has {got}, pandas counts {want}"
    return 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("card", type=pathlib.Path)
    for name in "texts", "tokens":
        parser.add_argument("--" + name, type=pathlib.Path, nargs="+")
    for name in "labels", "split":
        parser.add_argument("--" + name, type=pathlib.Path)
    given = parser.parse_args()
    told = json.loads((given.card / "card.json").read_text())
    task = json.loads((given.labels / "manifest.json").read_text())["attributes"]["task"]
    labels, split = table(given.labels, "labels"), table(given.split, "splits")
    texts = laid(given.texts, "texts")
    tokens = laid(given.tokens, "tokens").set_index("text_id") if given.tokens else None

    rows = joined(texts, labels, split)
    met = ~rows["withdrawn"] & rows["split"].notna() & rows["label"].notna()
    examples = rows[met].copy()
    groups = examples.groupby("text")["split"]
    examples["within"] = examples.groupby(["text", "split"])["split"].transform("size") > 1
    examples["across"] = groups.transform("nunique") > 1

    train, numbers = None, 0
    for s in told["splits"]:
        want, having = counted(examples[examples["split"] == s["split"]], s, task, labels, tokens, train)
        train = train or having
        numbers += same(s, want, s["split"])
    unmet = labels[~labels["hadm_id"].isin(examples["hadm_id"])].merge(split, on="subject_id", how="left", suffixes=("", "_of"))
    join = {f"examples.{s}": int((examples["split"] == s).sum()) for s in SPLITS}
    join |= {f"labels_without_tokens.{s}": int(n) for s, n in unmet["split"].fillna("none").value_counts().items()}
    withdrawn = rows["withdrawn"]
    kept = rows[~withdrawn]
    for name, n in {
        "texts_withdrawn": withdrawn.sum(),
        "texts_without_split": kept["split"].isna().sum(),
        "texts_without_label": (kept["split"].notna() & kept["label"].isna()).sum(),
    }.items():
        join |= {name: int(n)} if n else {}
    numbers += same({k: v for k, v in told["join"].items() if k in join}, join, "join")
    assert told["patients_in_two_splits"] == 0
    print(f"card of {told['task']}: {numbers} numbers are those that pandas counts")


main()
