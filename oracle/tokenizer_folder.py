"""What transformers makes of tokenizer folders: the one that tokenize.train leaves, and folders with added tokens.

    go test ./stages/tokenize -run TestTransformersOpenTheTrainedFolder -update
    go build -o CLINFLOW ./cmd/clinflow
    PYTHON4 oracle/tokenizer_folder.py CLINFLOW IDS4
    PYTHON5 oracle/tokenizer_folder.py CLINFLOW IDS5 IDS4

PYTHON5 has oracle/requirements.txt, PYTHON4 transformers==4.57.6 in place of
its transformers and tokenizers. The second run writes stages/tokenize/testdata
where both versions agree, and ends with 1 where they differ.
"""

import csv
import glob
import gzip
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import transformers
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer

TESTDATA = pathlib.Path(__file__).resolve().parent.parent / "stages/tokenize/testdata"
CASES = [(True, False, 16), (True, True, 16), (False, False, 5), (True, True, 128)]
WORDS = "chest pain fever and chills Name: ___ Unit No: Sex: F y/o BP 120/80 é 日本 😀 <s> </s> <unk> <0x0A> ▁".split()


def notes(clinflow):
    """note_id and text of every note of the tree that TestTransformersOpenTheTrainedFolder reads."""
    with tempfile.TemporaryDirectory() as tmp:
        root = f"{tmp}/tree"
        subprocess.run([clinflow, "synth", "--patients", "40", "--seed", "7", "--radiology-per-admission", "1", "--out", root],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for path in sorted(glob.glob(f"{root}/note/*.csv.gz")):
            with gzip.open(path, "rt", newline="", encoding="utf-8") as f:
                for row in csv.DictReader(f):
                    if "note_id" in row and row.get("text"):
                        yield row["note_id"], row["text"]


def texts():
    r = random.Random(3)
    lead = ["", " ", "  ", "\n", " \n", "▁"]
    return [r.choice(lead) + r.choice(["", " ", "\n", "  "]).join(r.choice(WORDS) for _ in range(r.randint(1, 12))) for _ in range(150)] + ["", " "]


def input_ids(folder):
    """input_ids of texts, cut and with special tokens as the stage's options have them."""
    tokenizer, samples, cases = AutoTokenizer.from_pretrained(folder), texts(), []
    assert tokenizer("x")["input_ids"][0] == tokenizer.bos_token_id
    around = [(t, tokenizer.convert_tokens_to_ids(t)) for t in ("<s>", "</s>")]
    for bos, eos, max_length in CASES:
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="<s> " * bos + "$A" + " </s>" * eos, special_tokens=around)
        ids = [tokenizer(s, truncation=True, max_length=max_length)["input_ids"] for s in samples]
        cases.append({"add_bos": bos, "add_eos": eos, "max_length": max_length, "input_ids": ids})
    return {"texts": samples, "cases": cases}


def short(ids):
    return hashlib.sha256(json.dumps(ids, separators=(",", ":")).encode()).hexdigest()[:16]


def measure(clinflow):
    folder = TESTDATA / "folder"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return {
        "folder_ids.json": {note: short(tokenizer(text)["input_ids"]) for note, text in notes(clinflow)},
        "llama_tokenizer.json": input_ids(folder),
    }


def main():
    clinflow, out, *before = sys.argv[1:]
    found = {"version": transformers.__version__, "files": measure(clinflow)}
    pathlib.Path(out).write_text(json.dumps(found))
    if not before:
        return
    other = json.loads(pathlib.Path(before[0]).read_text())
    if other["files"] != json.loads(json.dumps(found["files"])):
        sys.exit(f"transformers {other['version']} and {found['version']} differ")
    files = found["files"]
    files["folder_ids.json"] = {"transformers": [other["version"], found["version"]], "notes": files["folder_ids.json"]}
    for name, content in files.items():
        (TESTDATA / name).write_text(json.dumps(content, separators=(",", ":")) + "\n")


main()
