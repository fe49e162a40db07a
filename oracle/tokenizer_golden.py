"""Golden vectors of byte-level BPE: folders as of GPT-2, Llama 3 and Qwen2 with small vocabularies that are trained here, and
what transformers makes of texts by them; and what the tokenizers library takes for letters, numbers and blanks.

    python oracle/tokenizer_golden.py    # writes stages/tokenize/bytebpe/testdata

Each text is a JSON string whose characters are its bytes (Latin-1), so that bytes that are not UTF-8 can stand in it.
"""

import gzip
import hashlib
import json
import pathlib
import random
import tempfile

from tokenizer_samples import CONTRACTED, DRUG, UNICODE, decoded, fixed, latin1, scalars, sentence, text
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer

OUT = pathlib.Path(__file__).resolve().parent.parent / "stages/tokenize/bytebpe/testdata"
CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3, QWEN2 = CONTRACTION + r"\p{N}{1,3}" + REST, CONTRACTION + r"\p{N}" + REST
TEXTS, VOCABULARY = 700, 1200


def sentences():
    r = random.Random(7)
    return [sentence(r) for _ in range(4000)] + [scalars(r, 8) + " ".join(r.choice(UNICODE + CONTRACTED + DRUG) for _ in range(4)) for _ in range(800)]


def split(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def trained(corpus, size, pre_tokenizer, tokens, normalizer=None, post=None):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizer, decoders.ByteLevel()
    if normalizer:
        t.normalizer = normalizer
    t.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.add_special_tokens([AddedToken(x, normalized=False) for x in tokens])
    t.post_processor = post(t) if post else processors.ByteLevel(trim_offsets=False)
    return t


def begin_of_text(t):
    return processors.Sequence([processors.ByteLevel(trim_offsets=True), processors.TemplateProcessing(
        single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B", special_tokens=[("<|begin_of_text|>", t.token_to_id("<|begin_of_text|>"))])])


def definition(t, **model):
    whole = json.loads(t.to_str())
    whole["model"] |= model
    return whole


def folders(corpus=sentences(), size=VOCABULARY):
    """The files of folders by name, with vocabularies that are trained on texts."""
    llama = trained(corpus, size, split(LLAMA3), ["<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"], post=begin_of_text)
    qwen = trained(corpus, size, split(QWEN2), ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizer=normalizers.NFC())
    gpt2 = definition(trained(corpus, size, pre_tokenizers.ByteLevel(add_prefix_space=False), []))
    vocab = gpt2["model"]["vocab"] | {"<|endoftext|>": len(gpt2["model"]["vocab"])}
    merges = "#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in gpt2["model"]["merges"])
    llama_config = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>"}
    qwen_config = {"tokenizer_class": "Qwen2Tokenizer", "bos_token": None, "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": None,
                   "add_prefix_space": False, "add_bos_token": False, "errors": "replace", "additional_special_tokens": ["<|im_start|>", "<|im_end|>"]}
    yield "llama3", {"tokenizer.json": definition(llama, ignore_merges=True), "tokenizer_config.json": llama_config}
    yield "qwen2", {"tokenizer.json": definition(qwen), "tokenizer_config.json": qwen_config}
    yield "gpt2", {"vocab.json": vocab, "merges.txt": merges, "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer"}}


def variants(name, files):
    """Other folders with the same vocabulary: what differs from it, of tokenizer.json the sections that do."""
    yield name, {}
    flags, r = ("lstrip", "rstrip", "single_word", "normalized", "special"), random.Random(9)
    if name == "gpt2":
        yield "gpt2, prefix", {"tokenizer_config.json": {"tokenizer_class": "GPT2TokenizerFast", "add_prefix_space": True, "add_bos_token": True}}
        yield "qwen2 of vocab.json", {"tokenizer_config.json": {"tokenizer_class": "Qwen2Tokenizer", "add_eos_token": True}}
        yield "gpt2 by config.json", {"tokenizer_config.json": {}, "config.json": {"model_type": "gpt2"}}
        return
    model, tokens = files["tokenizer.json"]["model"], files["tokenizer.json"]["added_tokens"]
    plain = {"tokenizer_class": "PreTrainedTokenizerFast"}
    if name == "llama3":
        yield "merges decide", {"tokenizer.json": {"model": model | {"ignore_merges": False, "merges": [" ".join(m) for m in model["merges"]]}}}
        yield "class of LLaMA", {"tokenizer_config.json": {"tokenizer_class": "LlamaTokenizer", "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "unk_token": None}}
        yield "GPT-2's words", {"tokenizer.json": {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}, "post_processor": None}}
        yield "removed", {"tokenizer.json": {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": QWEN2}, "behavior": "Removed", "invert": True}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}}}
    for i in range(4):
        more = r.sample([c for c in ["___", "Dr.", "pain a", "<note>", "____", "mg PO", "né", "[**", "患者", "e\u0301"] if c not in model["vocab"]], 5)
        added = [{"id": len(model["vocab"]) + len(tokens) + n, "content": c} | {f: r.random() < 0.4 for f in flags} for n, c in enumerate(more)]
        yield f"{name}, tokens {i}", {"tokenizer.json": {"added_tokens": tokens + added}, "tokenizer_config.json": plain | {"split_special_tokens": i == 3}}


def changed(files, changes):
    whole = files | changes
    if "tokenizer.json" in changes:
        whole["tokenizer.json"] = files["tokenizer.json"] | changes["tokenizer.json"]
    return whole


def write_folder(at, files):
    for name, content in files.items():
        pathlib.Path(at, name).write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=name == "vocab.json"), encoding="utf-8")


def samples(seed, n):
    r = random.Random(seed)
    return fixed() + [text(r, i) for i in range(n)]


def golden(name, files, changes, texts):
    with tempfile.TemporaryDirectory() as at:
        write_folder(at, changed(files, changes))
        t = AutoTokenizer.from_pretrained(at)
    ids = [t(decoded(x), add_special_tokens=False)["input_ids"] for x in texts]
    around, one = t("pain")["input_ids"], t("pain", add_special_tokens=False)["input_ids"]
    at = next(i for i in range(len(around)) if around[i : i + len(one)] == one)
    r = random.Random(3)
    drawn = [[r.randrange(len(t)) for _ in range(r.randint(0, 12))] for _ in range(100)]
    decode = lambda x: t.decode(x, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return {"name": name, "changes": changes, "texts": [latin1(x) for x in texts], "ids": ids, "before": around[:at], "after": around[at + len(one) :],
            "special": [-1 if x is None else x for x in (t.bos_token_id, t.eos_token_id, t.pad_token_id)], "size": len(t),
            "drawn": drawn, "decoded": [decode(x) for x in ids[:100] + drawn]}


def ranges(pattern):
    """The characters that an expression matches, as first and last of each stretch."""
    take, found = pre_tokenizers.Split(Regex(pattern), "removed", invert=True), []
    for block in range(0, 0x110000, 4096):
        for piece, _ in take.pre_tokenize_str("".join(chr(c) for c in range(block, block + 4096) if not 0xD800 <= c < 0xE000)):
            for c in map(ord, piece):
                if found and found[-1][1] == c - 1:
                    found[-1][1] = c
                else:
                    found.append([c, c])
    return found


def composed():
    """A digest of what NFC makes of each character, alone and behind others, for each plane of Unicode that has such."""
    nfc = normalizers.NFC()
    return [hashlib.sha256("\n".join(nfc.normalize_str(before + chr(c)) for c in range(plane, plane + 0x10000) if not 0xD800 <= c < 0xE000
                                     for before in ("", "a\u0345", "\U00011935")).encode()).hexdigest() for plane in range(0, 0x30000, 0x10000)]


def write(name, value):
    with open(OUT / name, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0) as z:
        z.write(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    write("characters.json.gz", {"letter": ranges(r"\p{L}"), "number": ranges(r"\p{N}"), "blank": ranges(r"[^\S\r\n]"), "composed": composed()})
    for name, files in folders():
        cases = [golden(case, files, changes, samples(n, TEXTS if n == 0 else TEXTS // 7)) for n, (case, changes) in enumerate(variants(name, files))]
        write(name + ".json.gz", {"files": files, "cases": cases})


if __name__ == "__main__":
    main()
