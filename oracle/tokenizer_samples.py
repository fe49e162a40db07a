"""Texts for the golden files of byte-level tokenizers and for oracle/tokenizer_texts.py, made up from a seed: notes' sentences,
all planes of Unicode, combining marks, CJK, contractions, digits, runs of blanks and newlines, control characters, special
tokens in text, and bytes that are not UTF-8."""

WHO = "patient man woman pt gentleman lady infant".split()
HISTORY = "hypertension diabetes COPD CAD s/p CABG atrial fibrillation|CHF|ESRD on HD|asthma|gout".split("|")
COMPLAINT = "chest pain|dyspnea|fever and chills|abdominal pain|altered mental status|n/v/d|syncope|melena".split("|")
DRUG = "aspirin metoprolol lisinopril furosemide warfarin vancomycin heparin insulin acetaminophen".split()
LAB = "WBC Hgb Plt Na K Cr BUN INR lactate troponin".split()
UNICODE = ["naïve", "µg", "°C", "±", "≥", "½", "Å", "ﬁbrosis", "１２３", "①", "㎎", "日本語", "患者", "한국", "한국", "Ελλάδα", "ΟΔΟΣ",
           "доктор", "مريض", "हिन्दी", "😀", "👩‍⚕️", "🇩🇪", "e\u0301", "a\u0323\u0302", "A\u030a", "\u00a0", "\u200b", "\u2028", "\u3000", "İstanbul", "ﬀ", "ẞ", "Ⅳ", "x²", "�"]
MARKS = "\u0300\u0301\u0315\u0316\u0323\u0345\u0483\u05b0\u0898\u1ab0\u1abf\u1dfa\u20d0\u302a\u3099\u1161\u11a8"
CONTROL = ["\x00", "\x01", "\x07", "\t", "\r\n", "\n", "\r", "\x0b", "\x0c", "\x1b[0m", "\x1c", "\x7f", "\x85", "\u0090", "\u00ad", "\ufeff", "\ue000"]
BLANKS = [" ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", " \n", "\n ", "\u00a0", "\u2028", "\u3000 "]
CONTRACTED = ["'s", "'S", "'t", "'re", "'RE", "'Ve", "'m", "'ll", "'lL", "'d", "'D", "'ſ", "'K", "'sam", "''s", "\u2019s", "'", "don't", "I'M", "we'LL", "'1", "' s"]
PUNCTUATION = ["(", ")", "...", "!?", "--", "#", "$5", "%", "[**", "**]", "___", "=", "==>", "\\", "\"", "-", "/", "<", "|>", "^", "`", "~", "«", "—"]
SPECIAL = ["<s>", "</s>", "<unk>", "<pad>", "<|endoftext|>", "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>",
           "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "<0x0A>", "<|", "|>", "[CLS", "[sep]", "▁", "Ġ", "##ing"]
BROKEN = [b"\xff", b"\xc3", b"\xe2\x96", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x96\x81\x81", b"\xcc\x81"]


def sentence(r):
    age, value = r.randint(18, 99), f"{r.uniform(0, 200):.{r.randint(0, 2)}f}"
    return r.choice([
        f"The {r.choice(WHO)} is a {age}-year-old with a history of {r.choice(HISTORY)} who presents with {r.choice(COMPLAINT)}.",
        f"{r.choice(LAB)}-{value} {r.choice(LAB)}-{value[:3]}* {r.choice(LAB)}: {value} mg/dL",
        f"{r.choice(DRUG).capitalize()} {r.choice([5, 25, 81, 325, 1000])} mg PO {r.choice(['daily', 'BID', 'q6h:prn'])}",
        f"Denies {r.choice(COMPLAINT)}, {r.choice(COMPLAINT)}; ___ (Dr. ___) called on {r.randint(1, 12)}/{r.randint(1, 28)}.",
        f"VS: T{r.randint(96, 103)}.{r.randint(0, 9)} HR {r.randint(40, 150)} BP {r.randint(80, 190)}/{r.randint(40, 100)}",
        f"He's {r.choice(['not', 'now'])} on {r.choice(DRUG)}; she {r.choice(CONTRACTED)} {r.choice(COMPLAINT)}, doesn't smoke.",
        f"{r.choice(UNICODE)} {r.choice(HISTORY)} {r.choice(UNICODE)}",
    ])


def scalars(r, n):
    """n characters from all planes, mostly low."""
    out = ""
    while len(out) < n:
        c = r.choice([r.randrange(0x80), r.randrange(0x250), r.randrange(0x3000), r.randrange(0x10000), r.randrange(0x110000)])
        out += "" if 0xD800 <= c < 0xE000 else chr(c)
    return out


def marked(r):
    """Letters with marks in any order."""
    letter = lambda: r.choice(["a", "e", "o", "A", "Å", "й", "が", "ᄀ", "가", "א", "क", chr(r.randrange(0xC0, 0x250))])
    mark = lambda: r.choice(MARKS) if r.random() < 0.7 else chr(r.choice([r.randrange(0x300, 0x370), r.randrange(0x591, 0x5C8), r.randrange(0x8D4, 0x900)]))
    return "".join(letter() + "".join(mark() for _ in range(r.randint(0, 4))) + r.choice(["", "", " "]) for _ in range(r.randint(1, 8)))


def joined(r, n, *lists):
    return "".join(r.choice(r.choice(lists)) + r.choice(["", "", " "]) for _ in range(r.randint(1, n)))


KINDS = [
    sentence,
    lambda r: r.choice(["\n", "\n\n", " \n", "\r\n"]).join(sentence(r) for _ in range(r.randint(2, 3))),
    lambda r: joined(r, 9, UNICODE, CONTROL, WHO, DRUG),
    lambda r: scalars(r, r.randint(1, 25)),
    lambda r: "".join(r.choice(BLANKS) if r.random() < 0.5 else r.choice(WHO + LAB + PUNCTUATION + ["7", "2024"]) for _ in range(r.randint(1, 14))),
    lambda r: joined(r, 9, SPECIAL, SPECIAL, WHO, BLANKS),
    lambda r: joined(r, 9, CONTRACTED, WHO, PUNCTUATION),
    marked,
    lambda r: joined(r, 8, ["12345678901", "007", "1,234.50", "٣٤٥", "१२", "Ⅻ", "x1y22z333"], BLANKS, PUNCTUATION, LAB),
    lambda r: "".join(chr(r.choice([r.randrange(0x4E00, 0xA000), r.randrange(0x3040, 0x3100), r.randrange(0xAC00, 0xD7A4), 0x3002, 0xFF0C])) + r.choice(["", "", "", " ", "a"]) for _ in range(r.randint(1, 12))),
    lambda r: "".join(r.choice(" aeitA▁'") for _ in range(r.randint(0, 40))),
    lambda r: r.choice("abXé日") * r.randint(60, 130) + r.choice(["", " x"]),
    lambda r: "".join(chr(r.randrange(0x21)) for _ in range(r.randint(0, 12))),
]


def text(r, i):
    """One text as bytes; i chooses the kind, so that all kinds come equally often."""
    kind = i % (len(KINDS) + 1)
    if kind < len(KINDS):
        return KINDS[kind](r).encode()
    whole = [sentence(r).encode(), scalars(r, 3).encode(), r.randbytes(r.randint(1, 20))] + BROKEN
    return b"".join(r.choice(whole) for _ in range(r.randint(1, 6)))


def decoded(data):
    """What a text of any bytes is for a reference: each byte that is not UTF-8 is U+FFFD."""
    out, rest = "", data
    while rest:
        try:
            return out + rest.decode()
        except UnicodeDecodeError as fault:
            out += rest[:fault.start].decode() + "\ufffd"
            rest = rest[fault.start + 1:]
    return out


def fixed():
    return [b"", b" ", b"  ", b"a", b"\n", b"\x00", b"'", b" '", b"\xff\xfe", b" " * 300, b"a" * 300, b"\n" * 50 + b"x", "é".encode() * 80, b"<|endoftext|>", b" <s> "]


def latin1(data):
    return data.decode("latin-1")
