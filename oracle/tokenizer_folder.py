"""What transformers makes of tokenizer folders: the one that tokenize.train leaves, and folders with added tokens.

    go test ./stages/tokenize -run TestTransformersOpenTheTrainedFolder -update
    go build -o CLINFLOW ./cmd/clinflow
    PYTHON4 oracle/tokenizer_folder.py CLINFLOW IDS4
    PYTHON5 oracle/tokenizer_folder.py CLINFLOW IDS5 IDS4

PYTHON4 has oracle/requirements-transformers4.txt, PYTHON5 oracle/requirements.txt
and protobuf. The second run writes stages/tokenize/testdata,
and ends with 1 where the versions differ in the trained folder.
"""

import csv
import glob
import gzip
import hashlib
import inspect
import json
import pathlib
import random
import re
import shutil
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


def token(content, **flags):
    return {"content": content, "lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": False} | flags


ADDED = [token("___", normalized=True), token("[PAD]", special=True), token("Dr.", single_word=True), token("pain", lstrip=True),
         token("<note>", rstrip=True, special=True), token("____", lstrip=True, rstrip=True), token("mg PO", normalized=True),
         token("é", normalized=True, single_word=True), token("[**", normalized=True, lstrip=True), token("患者", special=True, normalized=True)]
NAMED = [token(t, special=True) for t in ("<unk>", "<s>", "</s>")]
PREPEND = {"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, REPLACE := {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
           "pre_tokenizer": None}
METASPACE = {"normalizer": None, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}}
LLAMA = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
FAST = LLAMA | {"tokenizer_class": "PreTrainedTokenizerFast"}


def by_id(tokens, vocab):
    """Tokens by id: that of the piece of the same text where there is one, else the next."""
    new = [t for t in tokens if t["content"] not in vocab]
    ids = {t["content"]: vocab.get(t["content"], len(vocab) + new.index(t) if t in new else 0) for t in tokens}
    return dict(enumerate(NAMED)) | {ids[t["content"]]: t for t in tokens}


def decoder(tokens, vocab):
    return {"added_tokens_decoder": {str(i): t for i, t in by_id(tokens, vocab).items()}}


def fast(steps, tokens, vocab):
    return steps | {"added_tokens": [{"id": i} | t for i, t in by_id(tokens, vocab).items()]}


def scheme(name):
    return METASPACE | {"pre_tokenizer": METASPACE["pre_tokenizer"] | {"prepend_scheme": name}}


def folders(vocab):
    """The JSON files of folders by name; of tokenizer.json what differs from testdata/folder's."""
    two, config = ADDED[:2], "tokenizer_config.json"
    beyond = {t["content"]: i for i, t in by_id(two, vocab).items() if i > 2}
    yield "decoder", {config: LLAMA | {"legacy": False} | decoder(ADDED, vocab)}
    yield "legacy", {config: LLAMA | {"legacy": True} | decoder(ADDED, vocab)}
    yield "legacy not said", {config: LLAMA | decoder(ADDED, vocab)}
    yield "no prefix", {config: LLAMA | {"legacy": False, "add_prefix_space": False} | decoder(ADDED, vocab)}
    yield "no prefix, legacy", {config: LLAMA | {"legacy": True, "add_prefix_space": False} | decoder(ADDED, vocab)}
    yield "added_tokens.json", {config: LLAMA | {"legacy": False, "pad_token": "[PAD]"}, "added_tokens.json": beyond}
    yield "added_tokens.json and the list", {config: LLAMA | {"legacy": False, "additional_special_tokens": ["___"]}, "added_tokens.json": beyond}
    yield "special_tokens_map.json", {config: {"tokenizer_class": "LlamaTokenizer", "legacy": False}, "added_tokens.json": beyond, "special_tokens_map.json": {
        "bos_token": {"content": "<s>", "lstrip": False, "rstrip": False, "single_word": False, "normalized": True}, "pad_token": "</s>"}}
    yield "no token", {config: LLAMA | {"legacy": False}}
    yield "special tokens split", {config: LLAMA | {"legacy": False, "split_special_tokens": True} | decoder(ADDED, vocab)}
    yield "prepend, LlamaTokenizer", {config: LLAMA | {"legacy": False}, "tokenizer.json": fast(PREPEND, [], vocab)}
    yield "prepend, LlamaTokenizer, tokens", {config: LLAMA | {"legacy": False} | decoder(ADDED, vocab), "tokenizer.json": fast(PREPEND, ADDED, vocab)}
    yield "prepend, prefix asked for", {config: LLAMA | {"legacy": False, "add_prefix_space": True} | decoder(ADDED, vocab), "tokenizer.json": fast(PREPEND, ADDED, vocab)}
    yield "metaspace, LlamaTokenizer", {config: LLAMA | {"legacy": False} | decoder(ADDED, vocab), "tokenizer.json": fast(METASPACE, ADDED, vocab)}
    yield "metaspace, no decoder", {config: LLAMA | {"legacy": False}, "tokenizer.json": fast(METASPACE, ADDED, vocab)}
    yield "prepend", {config: FAST | decoder(ADDED, vocab), "tokenizer.json": fast(PREPEND, ADDED, vocab)}
    yield "prepend, no decoder", {config: FAST, "tokenizer.json": fast(PREPEND, ADDED, vocab)}
    yield "replace", {config: FAST, "tokenizer.json": fast(PREPEND | {"normalizer": REPLACE}, ADDED, vocab)}
    for name in ("first", "always", "never"):
        yield "metaspace " + name, {config: FAST | decoder(ADDED, vocab), "tokenizer.json": fast(scheme(name), ADDED, vocab)}
    r = random.Random(11)
    for i in range(20):
        tokens = [t | {flag: r.random() < 0.4 for flag in ("lstrip", "rstrip", "single_word", "normalized", "special")}
                  for t in r.sample(ADDED, r.randint(1, len(ADDED)))]
        steps = r.choice([None, PREPEND, METASPACE, scheme("always")])
        if steps is None:
            yield f"random {i}", {config: LLAMA | {"legacy": False} | decoder(tokens, vocab)}
        else:
            yield f"random {i}", {config: FAST | {"split_special_tokens": r.random() < 0.3} | decoder(tokens, vocab), "tokenizer.json": fast(steps, tokens, vocab)}


def added_texts(r):
    words = [t["content"] for t in ADDED] + WORDS + ["patient", "was", "x", "(", ",", "pain_", "Dr", "_", "__", "[", "e\u0301", "\u200d"]
    return ["".join(r.choice(words) + r.choice(["", " ", " ", "  ", "\n", "\u00a0"]) for _ in range(r.randint(1, 9))).removesuffix(r.choice(["", " "]))
            for _ in range(40)] + ["___", " ___ ", "patient ___ was"]


def write_folder(at, files):
    shutil.copy(TESTDATA / "folder/tokenizer.model", at)
    for name, content in files.items():
        if name == "tokenizer.json":
            content = json.loads((TESTDATA / "folder/tokenizer.json").read_text()) | content
        pathlib.Path(at, name).write_text(json.dumps(content))


def added():
    r = random.Random(5)
    vocab = json.loads((TESTDATA / "folder/tokenizer.json").read_text())["model"]["vocab"]
    for name, files in folders(vocab):
        with tempfile.TemporaryDirectory() as at:
            write_folder(at, files)
            tokenizer, samples = AutoTokenizer.from_pretrained(at), added_texts(r)
            yield {"name": name, "files": files, "texts": samples, "ids": [tokenizer(s, add_special_tokens=False)["input_ids"] for s in samples]}


def saved():
    """Folders as save_pretrained of this version leaves them, tokenizer.model included, and its keys of tokenizer_config.json."""
    vocab = json.loads((TESTDATA / "folder/tokenizer.json").read_text())["model"]["vocab"]
    more = {"pad_token": "[PAD]", "model_max_length": 512, "chat_template": "{{ messages }}", "additional_special_tokens": ["<note>"]}
    configs = {
        "LlamaTokenizer": {"tokenizer_config.json": LLAMA | {"legacy": False} | more | decoder(ADDED, vocab)},
        "PreTrainedTokenizerFast": {"tokenizer_config.json": FAST | more | decoder(ADDED, vocab), "tokenizer.json": fast(PREPEND, ADDED, vocab)},
        "trained": {name: json.loads((TESTDATA / "folder" / name).read_text()) for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")},
    }
    r = random.Random(6)
    for name, files in configs.items():
        with tempfile.TemporaryDirectory() as at, tempfile.TemporaryDirectory() as to:
            write_folder(at, files)
            AutoTokenizer.from_pretrained(at).save_pretrained(to)
            written = {f.name: json.loads(f.read_text()) for f in pathlib.Path(to).glob("*.json")}
            whole = written.get("tokenizer.json", {})
            for key in ("model", "post_processor", "decoder"):
                whole.pop(key, None)
            tokenizer, samples = AutoTokenizer.from_pretrained(to), added_texts(r)
            yield {"name": f"{name} saved by {transformers.__version__}", "files": written, "texts": samples,
                   "ids": [tokenizer(s, add_special_tokens=False)["input_ids"] for s in samples]}


def keys(folders):
    """The keys of tokenizer_config.json: those in folders, and those that this version's tokenizers of LLaMA take."""
    found = {k for f in folders for k in f["files"].get("tokenizer_config.json", {}) | f["files"].get("special_tokens_map.json", {})}
    for c in transformers.LlamaTokenizer.__mro__ + transformers.LlamaTokenizerFast.__mro__:
        if "__init__" in vars(c) and c.__module__.startswith("transformers"):
            found |= {k for k, p in inspect.signature(c.__init__).parameters.items() if p.kind == p.POSITIONAL_OR_KEYWORD}
            found |= set(re.findall(r"""kwargs(?:\.pop|\.get|\.setdefault)?[(\[]"(\w+)\"""", inspect.getsource(c.__init__)))
        found |= set(getattr(c, "SPECIAL_TOKENS_ATTRIBUTES", []))
    return sorted(found - {"self"})


def measure(clinflow):
    folder = TESTDATA / "folder"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return {
        "folder_ids.json": {note: short(tokenizer(text)["input_ids"]) for note, text in notes(clinflow)},
        "llama_tokenizer.json": input_ids(folder),
    }


def both(four, five):
    """A folder's golden: version 4's ids, and in how many texts version 5 has others."""
    assert four["texts"] == five["texts"]
    return four | {"others_in_5": sum(a != b for a, b in zip(four["ids"], five["ids"]))}


def write_gzip(name, value):
    with open(TESTDATA / name, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0) as z:
        z.write(json.dumps(value, separators=(",", ":")).encode())


def main():
    clinflow, out, *before = sys.argv[1:]
    found = {"version": transformers.__version__, "files": measure(clinflow), "added": list(added()), "saved": list(saved())}
    found["keys"] = keys(found["saved"])
    pathlib.Path(out).write_text(json.dumps(found))
    if not before:
        return
    other = json.loads(pathlib.Path(before[0]).read_text())
    if other["files"] != json.loads(json.dumps(found["files"])):
        sys.exit(f"transformers {other['version']} and {found['version']} differ")
    files = found["files"]
    files["folder_ids.json"] = {"transformers": [other["version"], found["version"]], "notes": files["folder_ids.json"]}
    write_gzip("added_tokens.json.gz", [both(*pair) for pair in zip(other["added"], found["added"])] + other["saved"] + found["saved"])
    files["tokenizer_config_keys.json"] = sorted(set(other["keys"] + found["keys"]))
    for name, content in files.items():
        (TESTDATA / name).write_text(json.dumps(content, separators=(",", ":")) + "\n")


main()
