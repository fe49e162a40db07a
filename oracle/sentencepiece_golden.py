"""Golden vectors of SentencePiece BPE: models, texts and what the references make of them.

    python oracle/sentencepiece_golden.py            # writes stages/tokenize/sentencepiece/testdata
    python oracle/sentencepiece_golden.py ids MODEL  # the ids alone by LLaMA's tokenizer.model, which is not shipped

The models are trained here, by sentencepiece itself, on sentences made up below:
  llama     byte fallback, identity, spaces kept, digits split: what LLaMA's model is
  symbols   user-defined and control symbols, no byte fallback, extra spaces removed
  nfkc      nmt_nfkc's precompiled character map, no byte fallback
  suffix    the space at the end of a word instead of its beginning
  unused    llama's, every third merge marked unused
The model `trained` is not made here but by our own trainer:
    go test ./stages/tokenize/sentencepiece -run TestTrainedModel -update
Each text is a JSON string whose characters are its bytes (Latin-1), so that
bytes that are not UTF-8 can stand in it.
"""

import gzip
import io
import json
import pathlib
import random
import sys

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as proto

from tokenizer_samples import COMPLAINT, DRUG, HISTORY, LAB, WHO, scalars

OUT = pathlib.Path(__file__).resolve().parent.parent / "stages/tokenize/sentencepiece/testdata"
TEXTS, FEWER = 2000, 500  # texts for the llama model, and for each of the others

UNICODE = ["naïve", "µg", "°C", "±", "≥", "½", "Å", "ﬁbrosis", "１２３", "①", "㎎", "日本語", "患者", "한국", "Ελλάδα",
           "доктор", "مريض", "हिन्दी", "😀", "👩‍⚕️", "🇩🇪", "e\u0301", "\u00a0", "\u200b", "\u2028", "\ufeff", "\u3000", "▁", "▁▁x", "�"]
CONTROL = ["\x00", "\x01", "\x07", "\t", "\r\n", "\n", "\x0b", "\x1b[0m", "\x7f", "\x85", "\u0090"]
BROKEN = [b"\xff", b"\xc3", b"\xe2\x96", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x96\x81\x81"]
SYMBOLS = ["<note>", "___", "mg/dL", "CHF CHF", "pain", "painful", "▁of", "0/10", "日本"]


def sentence(r):
    age, value = r.randint(18, 99), f"{r.uniform(0, 200):.{r.randint(0, 2)}f}"
    return r.choice([
        f"The {r.choice(WHO)} is a {age}-year-old with a history of {r.choice(HISTORY)} who presents with {r.choice(COMPLAINT)}.",
        f"{r.choice(LAB)}-{value} {r.choice(LAB)}-{value[:3]}* {r.choice(LAB)}: {value} mg/dL",
        f"{r.choice(DRUG).capitalize()} {r.choice([5, 25, 81, 325])} mg PO {r.choice(['daily', 'BID', 'q6h:prn'])}",
        f"Denies {r.choice(COMPLAINT)}, {r.choice(COMPLAINT)}; ___ (Dr. ___) called on {r.randint(1, 12)}/{r.randint(1, 28)}.",
        f"VS: T{r.randint(96, 103)}.{r.randint(0, 9)} HR {r.randint(40, 150)} BP {r.randint(80, 190)}/{r.randint(40, 100)}",
        f"{r.choice(UNICODE[:24])} {r.choice(HISTORY)} {r.choice(UNICODE[:24])}",
    ])


def text(r, i):
    """One text as bytes; i chooses the kind, so that all kinds come equally often."""
    pick = lambda *lists: r.choice(r.choice(lists))
    kinds = [
        lambda: sentence(r),
        lambda: "\n".join(sentence(r) for _ in range(r.randint(2, 3))),
        lambda: "".join(pick(UNICODE, CONTROL, WHO, DRUG) + r.choice(["", " "]) for _ in range(r.randint(1, 9))),
        lambda: scalars(r, r.randint(1, 25)),
        lambda: r.choice(["", " "]) * 3 + sentence(r).replace(" ", " " * r.randint(1, 20)) + " " * r.randint(0, 3),
        lambda: "".join(r.choice(SYMBOLS + WHO + ["<s>", "</s>", "<unk>", "<0x0A>", "<ctl>", " ", "x", "pain" * 3]) for _ in range(r.randint(1, 10))),
        lambda: "".join(r.choice(" aeit▁") for _ in range(r.randint(0, 40))),
        lambda: "".join(chr(r.randrange(0x21)) for _ in range(r.randint(0, 12))),
    ]
    if i % 9 == 8:
        whole = [sentence(r).encode(), scalars(r, 3).encode()] + BROKEN
        return b"".join(r.choice(whole) for _ in range(r.randint(1, 6)))
    return kinds[i % 9]().encode()


def texts():
    r = random.Random(20240501)
    fixed = [b"", b" ", b"  ", b"a", b"\x00", "▁".encode(), b"\xff\xfe", b" " * 300, b"a" * 300, b"painx xpainx pain"]
    return fixed + [text(r, i) for i in range(TEXTS - len(fixed))]


def train(**options):
    r = random.Random(7)
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter([sentence(r) for _ in range(4000)]), model_writer=model, model_type="bpe",
        num_threads=1, minloglevel=2, **options)
    return model.getvalue()


def models():
    llama = train(vocab_size=900, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                  split_digits=True, allow_whitespace_only_pieces=True, character_coverage=0.9995)
    symbols = train(vocab_size=500, normalization_rule_name="identity", user_defined_symbols=SYMBOLS, control_symbols=["<ctl>"],
                    character_coverage=0.999, pad_id=3)
    nfkc = train(vocab_size=400, normalization_rule_name="nmt_nfkc", character_coverage=0.999)
    suffix = train(vocab_size=600, normalization_rule_name="identity", treat_whitespace_as_suffix=True, byte_fallback=True)
    some = proto.ModelProto.FromString(llama)
    for p in [p for p in some.pieces if p.type == p.NORMAL and len(p.piece) > 1][::3]:
        p.type = p.UNUSED
    reach = proto.ModelProto.FromString(symbols)  # pieces that would reach across a user-defined one
    for piece in ["▁pain", "painx", "xpain"]:
        reach.pieces.add(piece=piece, score=-1)
    return {"llama": llama, "symbols": reach.SerializeToString(), "nfkc": nfkc, "suffix": suffix, "unused": some.SerializeToString()}


def write(name, data):
    with open(OUT / name, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0) as z:
        z.write(data)


def latin1(data):
    return data.decode("latin-1")


def golden(name, model, samples):
    sp = spm.SentencePieceProcessor(model_proto=model)
    ids = [sp.encode(t) for t in samples]
    r = random.Random(3)
    drawn = [[r.randrange(sp.get_piece_size()) for _ in range(r.randint(0, 12))] for _ in range(200)]
    write(name + ".json.gz", json.dumps({
        "bos": sp.bos_id(), "eos": sp.eos_id(), "unk": sp.unk_id(), "pad": sp.pad_id(), "size": sp.get_piece_size(),
        "ids": ids, "decoded": [sp.decode(i) for i in ids[:FEWER]],
        "drawn": drawn, "drawn_decoded": [sp.decode(i) for i in drawn],
    }, separators=(",", ":")).encode())


def main():
    samples = texts()
    if sys.argv[1:2] == ["ids"]:
        sp = spm.SentencePieceProcessor(model_file=sys.argv[2])
        write("meta_llama_ids.json.gz", json.dumps([sp.encode(t) for t in samples], separators=(",", ":")).encode())
        return
    OUT.mkdir(parents=True, exist_ok=True)
    write("texts.json.gz", json.dumps([latin1(t) for t in samples], separators=(",", ":")).encode())
    for name, model in models().items():
        write(name + ".model.gz", model)
        golden(name, model, samples if name == "llama" else samples[:FEWER])
    with gzip.open(OUT / "trained.model.gz") as f:
        trained = f.read()
    golden("trained", trained, samples[:FEWER])


main()
