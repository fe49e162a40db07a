"""What examples of each task were before texts and labels were datasets of their own.

Writes runners/testdata/examples.json with a binary of commit a076f2b, whose labelling
stages kept a copy of each text and whose tokens had the labels beside them:

    git worktree add /tmp/before a076f2b
    (cd /tmp/before && go build -o /tmp/clinflow-before ./cmd/clinflow)
    python oracle/examples_before.py /tmp/clinflow-before

The admissions are synthetic; some of their notes are made to tell of a death by MENTIONS,
so that mortality has texts that are edited and texts that it may not use at all.

A task's digest is the sha256 of a line an example, in the order of the parts:
example_id, split, label, labels and input_ids, each list joined by commas, all of them
joined by tabs. No other package is needed.
"""
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

OUT = pathlib.Path("runners/testdata/examples.json")
TASKS = ["pmv", "mor", "los", "diag", "proc"]
MENTIONS = {  # runners/examples_test.go has the same
    b"GENERAL: Eyes closed": b"GENERAL: Patient expired",  # in an exam: the phrase is deleted
    b"1. Gout": b"1. Gout, of which the patient has died",  # elsewhere: no text for mortality
}
DAG = """
name: examples
each:
  task:
    pmv: {stage: label.ventilation, list: ""}
    mor: {stage: label.mortality, list: ""}
    los: {stage: label.length_of_stay, list: ""}
    diag: {stage: label.diagnoses, list: list_diag}
    proc: {stage: label.procedures, list: list_proc}
steps:
  patients: {stage: ingest.mimiciv, with: {root: tree, shards: 3}}
  tokenizer: {stage: tokenize.train, in: {notes: patients.notes}, with: {vocab_size: 512}}
  list_diag: {stage: label.vocab, in: {patients: patients}, with: {task: diag, min_count: 3}}
  list_proc: {stage: label.vocab, in: {patients: patients}, with: {task: proc, min_count: 3}}
  labels_${task}: {stage: "${task.stage}", in: {patients: patients, vocabulary: "${task.list}"}}
  tokens_${task}:
    stage: tokenize.examples
    in: {examples: "labels_${task}.examples", tokenizer: tokenizer}
    with: {max_length: 24, add_eos: true}
"""


def line(row):
    lists = [",".join(map(str, row[key] or [])) for key in ("labels", "input_ids")]
    return "\t".join([row["example_id"], row["split"], str(row["label"]), *lists]) + "\n"


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    golden = {}
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        subprocess.run([binary, "synth", "--out", root / "tree", "--patients", "80", "--seed", "3"], check=True)
        notes = root / "tree" / "note" / "discharge.csv.gz"
        text = gzip.decompress(notes.read_bytes())
        for told, death in MENTIONS.items():
            assert told in text
            text = text.replace(told, death)
        notes.write_bytes(gzip.compress(text))
        (root / "examples.yaml").write_text(DAG)
        subprocess.run([binary, "run", "examples.yaml", "--out", "out", "--quiet"], cwd=root, check=True)
        for task in TASKS:
            (tokens,) = (root / "out" / "steps").glob(f"tokens_{task}-*")
            rows = subprocess.run([binary, "cat", tokens, "--limit", "0", "--show-text"], capture_output=True, check=True).stdout
            lines = [line(json.loads(text)) for text in rows.splitlines()]
            golden[task] = {"examples": len(lines), "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}
    OUT.write_text(json.dumps(golden, indent=2) + "\n")


if __name__ == "__main__":
    main()
