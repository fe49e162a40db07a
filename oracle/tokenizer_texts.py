"""Texts to compare tokenizers by, and the comparison itself: our ids of 100,000 texts beside the reference's.

    go build -o CLINFLOW ./cmd/clinflow
    python oracle/tokenizer_texts.py --clinflow CLINFLOW [--texts 100000] [--mtsamples CSV.GZ] [--bert VOCAB.TXT] [--llama DIR] [KIND …]

MTSamples (column transcription), vocab.txt of bert-base-uncased and LLaMA's tokenizer.model
and tokenizer.json.gz are not shipped: name copies. It prints a line for each kind of tokenizer and ends with 1 where an id
differs. Texts lie in a folder of its own while it runs.
"""

import argparse
import csv
import gzip
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import tokenizer_golden
import tokenizer_samples
from tokenizer_samples import BROKEN, decoded, scalars

TESTDATA = pathlib.Path(__file__).resolve().parent.parent / "stages/tokenize"

WORDS = ("patient Patient PATIENT denies chest pain dyspnea on exertion; h/o COPD, CAD s/p CABG. Na-138* K+4.1 WBC: 12.3 "
         "T98.6 120/80 q6h:prn mg/dL ___ [**Name**] (Dr. ___) unaffable hypertensive naïve café Ångström Straße fiancée "
         "don't patient's we've I'm n't ' \" # $ % & < > ^ ` ~ | \\ @ ## ##s ##ing supercalifragilistic a b").split()
UNICODE = ["e\u0301", "E\u0301", "n\u0303", "A\u030a\u0323", "\u0323\u030a", "İ", "ı", "ẞ", "ß", "ΣΑΣ", "ς", "Ǆ", "ﬁ", "①", "㎎", "½", "µ", "Ω", "Å",
           "日本語", "患者様", "豈", "\U00020000", "\U0002b820", "\U0002b920", "\U0002f800", "한국어", "ㅏ", "\u1100\u1161", "हिन्दी", "मरीज़", "مريض", "เจ็บ", "доктор", "Ёлка", "Ελλάδα",
           "😀", "👩‍⚕️", "🇩🇪", "👍🏽", "–", "—", "“", "”", "…", "·", "€", "£", "©", "\u00a0", "\u200b", "\u200d", "\u2028", "\u2029", "\ufeff", "\u3000", "\u00ad", "�",
           "≠", "≮", "\u037e", "\u1fef", "\u302e", "\u0f71\u0f72", "\u0344", "\U0001d165", "\U0001d15e", "\U00011938", "\u08d4", "\u1dfb", "\U0001e000", "\U00010400", "\u1c89", "\ua7cb"]
CONTROL = ["\x00", "\x01", "\x07", "\t", "\r\n", "\n", "\x0b", "\x0c", "\x1c", "\x1f", "\x1b[0m", "\x7f", "\x85", "\u0090"]
SPECIAL = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[cls]", " [MASK] ", "[MASK", "[[SEP]]", "<s>", "</s>", "<unk>", "<0x0A>",
           "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|endoftext|>", "<|im_start|>"]


def marked(r):
    """Letters with combining marks in any order."""
    mark = lambda: chr(r.choice([r.randrange(0x300, 0x370), r.randrange(0x591, 0x5C8), r.randrange(0x900, 0xE50), r.randrange(0x1DC0, 0x1E00), r.randrange(0x302A, 0x3030)]))
    return "".join(r.choice("aeiouAEIOU nb\u0915\u05d0") + "".join(mark() for _ in range(r.randint(0, 5))) for _ in range(r.randint(1, 12)))


def long(r):
    return "".join(r.choice("aesit日é") for _ in range(r.choice([99, 100, 101, 130]))) + r.choice(["", " ", ".", "\x00"])


def text(r, i, notes):
    """One text as bytes; i chooses the kind, so that all kinds come equally often."""
    join = lambda *lists: "".join(r.choice(r.choice(lists)) + r.choice(["", " ", " ", "\n"]) for _ in range(r.randint(1, 14)))
    kinds = [
        lambda: " ".join(r.choice(WORDS) for _ in range(r.randint(1, 25))),
        lambda: join(WORDS, UNICODE, CONTROL),
        lambda: scalars(r, r.randint(1, 30)),
        lambda: join(WORDS, SPECIAL, SPECIAL, UNICODE),
        lambda: marked(r),
        lambda: long(r).join(r.choice(WORDS) for _ in range(2)),
        lambda: "".join(chr(r.randrange(0x80)) for _ in range(r.randint(0, 40))),
        lambda: piece_of(r, notes),
    ]
    if i % 9 == 8:
        whole = [piece_of(r, notes).encode(), scalars(r, 3).encode()] + BROKEN
        return b"".join(r.choice(whole) for _ in range(r.randint(1, 6)))
    return kinds[i % 9]().encode()


def piece_of(r, notes):
    """A part of a note, cut anywhere, with a few characters changed; words where there are no notes."""
    if not notes:
        return " ".join(r.choice(WORDS).capitalize() for _ in range(r.randint(1, 12)))
    note = r.choice(notes)
    at = r.randrange(len(note))
    part = list(note[at:at + r.randint(1, 400)])
    for _ in range(r.choice([0, 0, 1, 3])):
        part[r.randrange(len(part))] = r.choice([r.choice(UNICODE), scalars(r, 1)])
    return "".join(part)


def texts(count, seed=20261126, notes=()):
    r = random.Random(seed)
    return [text(r, i, notes) for i in range(count)]


def sentencepiece_ids(folder, samples):
    from sentencepiece import SentencePieceProcessor
    return SentencePieceProcessor(model_file=str(folder / "tokenizer.model")).encode(samples)


def tokenizers_ids(folder, samples):
    from tokenizers import Tokenizer
    return [e.ids for e in Tokenizer.from_file(str(folder / "tokenizer.json")).encode_batch(samples, add_special_tokens=False)]


def transformers_ids(folder, samples):
    from transformers import AutoTokenizer
    return AutoTokenizer.from_pretrained(folder)(samples, add_special_tokens=False)["input_ids"]


def bert(folder, cased, options):
    """A folder of bert-base-uncased's vocabulary."""
    if not options.bert:
        return None
    folder.joinpath("vocab.txt").write_bytes(pathlib.Path(options.bert).read_bytes())
    folder.joinpath("tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": not cased}))
    return folder


def golden(name):
    """A folder of wordpiece's golden files."""
    def write(folder, options):
        with gzip.open(TESTDATA / "wordpiece/testdata/folders.json.gz") as f:
            files = next(of["files"] for of in json.load(f) if of["name"] == name)
        for file, content in files.items():
            folder.joinpath(file).write_text(content, encoding="utf-8")
        return folder
    return write


def llama(file):
    """LLaMA's tokenizer, from one of its files alone."""
    def write(folder, options):
        if not options.llama:
            return None
        packed = pathlib.Path(options.llama, file)
        folder.joinpath(file.removesuffix(".gz")).write_bytes(gzip.decompress(packed.read_bytes()) if packed.suffix == ".gz" else packed.read_bytes())
        return folder
    return write


def byte_level(name):
    """A byte-level tokenizer, trained on the notes and on made-up texts."""
    def write(folder, options):
        corpus = tokenizer_golden.sentences() + (mtsamples(options.mtsamples) if options.mtsamples else [])
        tokenizer_golden.write_folder(folder, dict(tokenizer_golden.folders(corpus, 8000))[name])
        return folder
    return write


# Each writes a tokenizer's folder, or returns None where a file for it is not named.
KINDS = {
    "llama, tokenizer.model": (llama("tokenizer.model"), sentencepiece_ids),
    "llama, tokenizer.json alone": (llama("tokenizer.json.gz"), tokenizers_ids),
    "llama 3": (byte_level("llama3"), transformers_ids),
    "qwen2": (byte_level("qwen2"), transformers_ids),
    "gpt2": (byte_level("gpt2"), transformers_ids),
    "bert uncased": (lambda folder, options: bert(folder, False, options), transformers_ids),
    "bert uncased vocabulary, cased": (lambda folder, options: bert(folder, True, options), transformers_ids),
    "wordpiece uncased": (golden("uncased"), transformers_ids),
    "wordpiece cased": (golden("cased"), transformers_ids),
}


def ours(clinflow, folder, samples, at):
    lines = at / "texts.jsonl"
    with open(lines, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(s, ensure_ascii=False) + "\n" for s in samples)
    with open(lines, "rb") as f:
        out = subprocess.run([clinflow, "inspect", "encode", "--tokenizer", str(folder)], stdin=f, stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def compare(name, options, samples):
    write, reference = KINDS[name]
    with tempfile.TemporaryDirectory() as tmp:
        at = pathlib.Path(tmp)
        at.joinpath("folder").mkdir()
        if (folder := write(at / "folder", options)) is None:
            print(f"{name}: left out, its file is not named")
            return True
        got, want = ours(options.clinflow, folder, samples, at), reference(folder, samples)
    differ = [i for i, (a, b) in enumerate(zip(got, want, strict=True)) if a != b]
    print(f"{name}: {len(samples)} texts, {sum(map(len, want))} ids, {len(differ)} texts differ", f"(first: {differ[0]})" if differ else "", flush=True)
    return not differ


def mtsamples(path):
    csv.field_size_limit(1 << 30)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as f:
        return sorted({row["transcription"] for row in csv.DictReader(f)} - {""})


def main():
    p = argparse.ArgumentParser()
    p.add_argument("kinds", nargs="*", default=list(KINDS))
    p.add_argument("--clinflow", required=True)
    p.add_argument("--texts", type=int, default=100_000)
    p.add_argument("--mtsamples")
    p.add_argument("--bert")
    p.add_argument("--llama")
    options = p.parse_args()
    notes = mtsamples(options.mtsamples) if options.mtsamples else []
    r = random.Random(11)
    samples = [decoded(t) for t in texts(options.texts // 2, notes=notes)]
    samples[:len(notes)] = notes[:len(samples)]
    samples += [decoded(tokenizer_samples.text(r, i)) for i in range(options.texts - len(samples))]
    sys.exit(not all([compare(name, options, samples) for name in options.kinds]))


if __name__ == "__main__":
    main()
