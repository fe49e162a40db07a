"""Golden texts and labels of CORe's own scripts, on synthetic MIMIC-III.

Writes stages/label/testdata/core_labels.json. The scripts that made the published
labels are run as they are, from a checkout of bvanaken/clinical-outcome-prediction
at b376f4b: on three trees of `clinflow synth --release mimiciii`, in which all that
they stumble over is planted, and on the tables of the MIMIC-III demo with attached
notes. Kept are counts, both lists of labels in their order, and a short hash for
each bucket of admissions over id, split, label and text. The codes of a cell are
compared as a set: their order is that of the table's rows, and means nothing.

pandas 1.5.3 needs Python 3.11 or older, in an environment of its own:
    pip install -r oracle/requirements-core.txt
Run at the repository's root:
    python oracle/core_labels.py --core CHECKOUT [--clinflow BINARY] [--rows FILE]
--rows writes a line an example, to find what is behind a bucket that differs.
"""

import argparse
import csv
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

COMMIT = "b376f4bcd72d6d8da40078b416fb8e926ca22ba9"
PACKAGE = pathlib.Path("stages/label")
OUT = PACKAGE / "testdata/core_labels.json"
BUCKETS = 128  # of admissions, by hadm_id: some sixteen each
SPLITS = ("train", "val", "test")

# What a task is called here: its script, its files, its column, its list of labels.
TASKS = {
    "mor": ("mp/mp.py", "MP_IN_adm", "hospital_expire_flag", None),
    "los": ("los/los.py", "LOS_WEEKS_adm", "los_label", None),
    "diag": ("dia/dia.py", "DIA_GROUPS_3_DIGITS_adm", "short_codes", "ALL_3_DIGIT_DIA_CODES.txt"),
    "proc": ("pro/pro.py", "PRO_GROUPS_3_DIGITS_adm", "short_codes", "ALL_3_DIGIT_PRO_CODES.txt"),
}
# The settings of synth.mimiciii by the names of trees; paths are those of the package.
TREES = {
    **{f"seed {seed}": dict(patients=1700, seed=seed, radiology_per_admission=1) for seed in (1, 2, 3)},
    "demo": dict(attach="testdata/mimiciii-demo-1.4", seed=4, radiology_per_admission=1),
}


def synthesize(clinflow, settings, out):
    """A tree; returns how often each quirk was planted."""
    command = [*clinflow, "synth", "--release", "mimiciii", "--core-lists"]
    for key, value in settings.items():
        command += [f"--{key.replace('_', '-')}", str(PACKAGE / value if key == "attach" else value)]
    printed = subprocess.run([*command, "--out", str(out)], check=True, capture_output=True, text=True).stdout
    lines = [line.removeprefix("quirk ").split(": ") for line in printed.splitlines() if line.startswith("quirk ")]
    return {name: int(count) for name, count in lines}


def unpack(tree, to):
    """The tables as the scripts want them: not compressed, columns in capitals."""
    to.mkdir()
    for packed in tree.glob("*.csv.gz"):
        header, rest = gzip.decompress(packed.read_bytes()).split(b"\n", 1)
        (to / packed.name.removesuffix(".gz")).write_bytes(header.upper() + b"\n" + rest)


def scripts(core, lists, to):
    """The checkout's scripts, with the tree's lists in the place of the published ones."""
    shutil.copytree(core / "tasks", to / "tasks")
    for split in SPLITS:
        shutil.copy(lists / f"mimic_{split}.csv", to / "tasks")


def run(script, folder):
    """One script, as its documentation says."""
    command = [sys.executable, f"tasks/{script}", "--mimic_dir", "mimic", "--save_dir", "out", "--admission_only", "True"]
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})


def examples(folder, prefix, column):
    """The examples of a task: id, split, label, text."""
    for split in SPLITS:
        with open(folder / "out" / f"{prefix}_{split}.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield int(row["id"]), split, label(row[column]), row["text"]


def label(cell):
    """A class, or a set of codes. pandas makes 1.0 of a flag beside a null one."""
    if cell in ("0.0", "1.0"):
        return cell[0]
    return ",".join(sorted(cell.split(",")))


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def task(name, rows, write):
    """What the golden file says of a task."""
    buckets = [[] for _ in range(BUCKETS)]
    for hadm_id, split, of, text in sorted(rows):
        line = f"{hadm_id} {split} {of} {sha(text)}\n"
        buckets[hadm_id % BUCKETS].append(line)
        write(f"{name} {line}")
    counts = [sum(split == row[1] for row in rows) for split in SPLITS]
    return dict(examples=dict(zip(SPLITS, counts)), buckets="".join(sha("".join(lines))[:6] for lines in buckets))


def golden(core, clinflow, settings, write):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        quirks = synthesize(clinflow, settings, folder / "tree")
        unpack(folder / "tree", folder / "mimic")
        scripts(core, folder / "tree" / "core_lists", folder)
        tasks, lists = {}, {}
        for name, (script, prefix, column, codes) in TASKS.items():
            run(script, folder)
            tasks[name] = task(name, list(examples(folder, prefix, column)), write)
            if codes:
                lists[name] = (folder / "out" / codes).read_text(encoding="utf-8")
        with open(folder / "mimic" / "ADMISSIONS.csv", encoding="utf-8") as file:
            admissions = sum(1 for _ in csv.DictReader(file))
        return dict(synth=settings, admissions=admissions, quirks=len(quirks), least_planted=min(quirks.values()), tasks=tasks, labels=lists)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", required=True, type=pathlib.Path)
    parser.add_argument("--clinflow", help="binary; default: go run ./cmd/clinflow")
    parser.add_argument("--rows", type=argparse.FileType("w"))
    arguments = parser.parse_args()
    head = subprocess.run(["git", "-C", arguments.core, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    if head != COMMIT:
        sys.exit(f"{arguments.core} is at {head}; check out {COMMIT}")
    clinflow = [os.path.abspath(arguments.clinflow)] if arguments.clinflow else ["go", "run", "./cmd/clinflow"]
    found = {}
    for name, settings in TREES.items():
        write = (lambda line: arguments.rows.write(f"{name}: {line}")) if arguments.rows else (lambda line: None)
        found[name] = golden(arguments.core, clinflow, settings, write)
        print(name, {task: sum(of["examples"].values()) for task, of in found[name]["tasks"].items()})
    OUT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
