"""Golden vectors of WordPiece: folders of tokenizers, texts, and what transformers makes of them.

    python oracle/wordpiece_golden.py    # writes stages/tokenize/wordpiece/testdata

The two vocabularies are made here of made-up sentences.
Each text is a JSON string whose characters are its bytes (Latin-1), so that bytes that
are not UTF-8 can stand in it; the reference sees U+FFFD for each of those.
"""

import gzip
import hashlib
import inspect
import json
import pathlib
import random
import re
import tempfile
from collections import Counter

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, BertTokenizer

from tokenizer_texts import SPECIAL, UNICODE, WORDS, decoded, texts

OUT = pathlib.Path(__file__).resolve().parent.parent / "stages/tokenize/wordpiece/testdata"
TEXTS, FEWER, LAST = 2000, 90, 60  # texts for the two plain folders, for each of the others, and those with added tokens
PLAIN = ["cased", "uncased"]
NAMED = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
BERT = {"tokenizer_class": "BertTokenizer"}


def normalizer(**changes):
    return normalizers.BertNormalizer(**dict(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True) | changes)


def pieces_of(lowercase):
    """A vocabulary: all characters of made-up sentences, and the parts of words that come most often."""
    r = random.Random(7)
    sentences = [" ".join(r.choice(WORDS) for _ in range(12)) for _ in range(300)] + UNICODE * 3
    words = Counter(word for s in sentences for word, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(normalizer(lowercase=lowercase).normalize_str(s)))
    parts = Counter()
    for word, count in words.items():
        for at in range(len(word)):
            for end in range(at + 1, len(word) + 1):
                parts["##" * (at > 0) + word[at:end]] += count
    characters = sorted(part for part in parts if len(part.removeprefix("##")) == 1 and len(part) != 2)
    return NAMED + characters + sorted(sorted(set(parts) - set(characters)), key=lambda part: -parts[part])[:350]


def text_of(pieces):
    return "".join(f"{piece}\n" for piece in pieces)


def json_of(pieces, tokens=(), unk="[UNK]", prefix="##", most=100, post=True, **normal):
    """tokenizer.json, with tokens added."""
    t = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token=unk, continuing_subword_prefix=prefix, max_input_chars_per_word=most))
    t.normalizer, t.pre_tokenizer, t.decoder = normalizer(**normal), pre_tokenizers.BertPreTokenizer(), decoders.WordPiece(prefix=prefix)
    if post:
        t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    whole = json.loads(t.to_str())
    new = [of["content"] for of in tokens if of["content"] not in pieces]
    ids = {content: i for i, content in enumerate([*pieces, *new])}
    whole["added_tokens"] = sorted(({"id": ids[of["content"]]} | of for of in [*(token(piece, special=True) for piece in NAMED), *tokens]), key=lambda of: of["id"])
    return whole


def token(content, **flags):
    return {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False} | flags


ADDED = [token("covid-19", normalized=True), token("[NOTE]", special=True, lstrip=True), token("Pain", normalized=True, single_word=True), token("___", rstrip=True),
         token("É", normalized=True), token("患者", normalized=True), token("##x", lstrip=True, rstrip=True)]


def folders(cased, uncased):
    """Files of folders by name."""
    vocab, config, fast = "vocab.txt", "tokenizer_config.json", "tokenizer.json"
    yield "uncased", {vocab: text_of(uncased), config: BERT}
    yield "cased", {vocab: text_of(cased), config: BERT | {"do_lower_case": False}}
    yield "model type", {vocab: text_of(cased), "config.json": {"model_type": "bert"}}
    yield "old keys", {vocab: text_of(cased), config: BERT | {"do_lower_case": False, "do_basic_tokenize": False, "never_split": ["pain"], "model_max_length": 512}}
    yield "accents kept", {vocab: text_of(cased), config: BERT | {"strip_accents": False}}
    yield "accents off, cased", {vocab: text_of(cased), config: BERT | {"strip_accents": True, "do_lower_case": False, "tokenize_chinese_chars": False}}
    yield "blanks and repeats", {vocab: text_of(cased).replace("\n", " \t\n").removesuffix("\n") + "\r\n\npain\n", config: BERT}
    yield "both files", {vocab: text_of(cased[::-1]), fast: json_of(uncased, lowercase=False), config: BERT}
    yield "both files, cased by key", {vocab: text_of(uncased), fast: json_of(cased), config: BERT | {"do_lower_case": False}}
    yield "json as it is", {fast: json_of(cased, lowercase=False), config: {"tokenizer_class": "PreTrainedTokenizerFast", "cls_token": "[CLS]", "sep_token": "[SEP]"}}
    yield "json as it is, keys unheeded", {fast: json_of(cased, lowercase=False), config: {"tokenizer_class": "TokenizersBackend", "do_lower_case": True}, "config.json": {"model_type": "bert"}}
    yield "json alone", {fast: json_of(cased, most=7, lowercase=False)}
    yield "json, nothing around", {fast: json_of(uncased, post=False)}
    yield "json of a bert", {fast: json_of(cased, post=False, lowercase=False), "config.json": {"model_type": "bert"}}
    yield "json, not cleaned", {fast: json_of(cased, clean_text=False, strip_accents=True, lowercase=False)}
    yield "json, lower case alone", {fast: json_of(cased, clean_text=False, handle_chinese_chars=False, strip_accents=False)}
    yield "json, other prefix", {fast: json_of([piece.replace("##", "++") for piece in cased], prefix="++")}
    yield "json, no normalizer", {fast: json_of(cased) | {"normalizer": None}}
    yield "special_tokens_map.json", {vocab: text_of(uncased), config: BERT, "added_tokens.json": {"covid-19": len(uncased), "[NOTE]": len(uncased) + 1}, "special_tokens_map.json": {
        "cls_token": "[CLS]", "additional_special_tokens": ["[NOTE]"], "sep_token": token("[SEP]", normalized=True)}}
    decoder = {"added_tokens_decoder": {str(of["id"]): {k: v for k, v in of.items() if k != "id"} for of in json_of(uncased, ADDED)["added_tokens"]}}
    yield "added", {vocab: text_of(uncased), config: BERT | decoder}
    yield "added, special split", {vocab: text_of(uncased), config: BERT | decoder | {"split_special_tokens": True}}
    yield "added in json", {fast: json_of(uncased, ADDED), config: BERT | decoder | {"truncation_side": "left"}}
    yield "added in json, cased", {fast: json_of(uncased, ADDED, lowercase=False)}
    r = random.Random(11)
    for i in range(8):
        flags = ("lstrip", "rstrip", "single_word", "normalized", "special")
        tokens = [of | {flag: r.random() < 0.4 for flag in flags} for of in r.sample(ADDED, r.randint(1, len(ADDED)))]
        yield f"random {i}", {fast: json_of(r.choice([cased, uncased]), tokens, lowercase=r.random() < 0.5)}


def added_texts(r):
    words = [of["content"] for of in ADDED] + ["COVID-19", "pain", "painful", "e\u0301", "x", "患", "(", " ", "  ", "\n", "\u00a0", "_"] + WORDS[:12] + SPECIAL[:8]
    return ["".join(r.choice(words) + r.choice(["", " "]) for _ in range(r.randint(1, 9))).encode() for _ in range(LAST)]


def golden(name, files, samples):
    files = {file: of if isinstance(of, str) else json.dumps(of, ensure_ascii=False) for file, of in files.items()}
    with tempfile.TemporaryDirectory() as at:
        for file, content in files.items():
            pathlib.Path(at, file).write_text(content, encoding="utf-8", newline="")
        t = AutoTokenizer.from_pretrained(at)
        read = [decoded(s) for s in samples]
        ids = [t(s, add_special_tokens=False)["input_ids"] for s in (read if name in PLAIN else read[:FEWER] + read[-LAST:])]
        sums = [hashlib.sha256(json.dumps(i, separators=(",", ":")).encode()).hexdigest()[:8] for i in ids if name in PLAIN]
        ids = ids[:FEWER] + ids[-LAST:]
        # tokenizers decodes a token with `normalized` to its normalised text, and does not know it as special then
        plain = not any(of.normalized for of in t.added_tokens_decoder.values())
        return {"name": name, "files": files, "ids": ids, "sums": sums, "around": t("")["input_ids"], "side": t.truncation_side, "size": max(t.get_vocab().values()) + 1,
                "decoded": [t.decode(i, skip_special_tokens=True, clean_up_tokenization_spaces=False) for i in ids[:40 * plain]]}


def characters():
    """For each setting the sha256 of all characters between marks that stay, as BertNormalizer leaves them."""
    cases = [dict(clean_text=c, handle_chinese_chars=h, strip_accents=s, lowercase=low) for c, h, s, low in
             [(True, True, True, True), (True, True, False, False), (False, False, True, False), (False, False, False, True), (False, True, False, False)]]
    for case in cases:
        digest, normal = hashlib.sha256(), normalizers.BertNormalizer(**case)
        for c in range(0x110000):
            if not 0xD800 <= c < 0xE000:
                digest.update(normal.normalize_str(f"a\u302e{chr(c)}\u302ea").encode() + b"\n")
        yield case | {"sha256": digest.hexdigest()}


def keys():
    """The keys of tokenizer_config.json that BertTokenizer takes, and those of older versions."""
    found = {"do_basic_tokenize", "never_split", "clean_text", "wordpieces_prefix", "additional_special_tokens", "tokenizer_class", "truncation_side", "padding_side"}
    for c in BertTokenizer.__mro__:
        if "__init__" in vars(c) and c.__module__.startswith("transformers"):
            found |= {k for k, p in inspect.signature(c.__init__).parameters.items() if p.kind == p.POSITIONAL_OR_KEYWORD}
            found |= set(re.findall(r"""kwargs(?:\.pop|\.get|\.setdefault)?[(\[]"(\w+)\"""", inspect.getsource(c.__init__)))
        found |= set(getattr(c, "SPECIAL_TOKENS_ATTRIBUTES", []))
    return sorted(found - {"self"})


def input_ids(pieces):
    """input_ids of texts, cut and with special tokens around them."""
    files, samples, cases = {"vocab.txt": text_of(pieces), "tokenizer_config.json": json.dumps(BERT)}, [decoded(s) for s in texts(60, seed=9)] + ["", " "], []
    with tempfile.TemporaryDirectory() as at:
        for file, content in files.items():
            pathlib.Path(at, file).write_text(content, encoding="utf-8")
        t = AutoTokenizer.from_pretrained(at)
    for most, side in [(8, "right"), (8, "left"), (30, "left"), (3, "right"), (1000, "left")]:
        t.truncation_side = side
        cases.append({"max_length": most, "truncation_side": side, "input_ids": [t(s, truncation=True, max_length=most)["input_ids"] for s in samples]})
    return {"files": files, "texts": samples, "cases": cases}


def write(name, value):
    with open(OUT / name, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0) as z:
        z.write(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    samples = [b"", b" ", b"[SEP]"] + texts(TEXTS, seed=5) + added_texts(random.Random(3))
    write("texts.json.gz", [s.decode("latin-1") for s in samples])
    found = []
    for name, files in folders(pieces_of(False), pieces_of(True)):
        found.append(golden(name, files, samples))
    write("folders.json.gz", found)
    write("input_ids.json.gz", input_ids(found[0]["files"]["vocab.txt"].splitlines()))
    (OUT / "tokenizer_config_keys.json").write_text(json.dumps(keys()) + "\n")
    (OUT / "characters.json").write_text(json.dumps(list(characters()), indent=1) + "\n")


if __name__ == "__main__":
    main()
