"""Writes internal/pickle/testdata/pickles.json: pickles of every protocol, as Python writes
them, with what they hold, or with the first opcode that is more than plain data.

    python oracle/pickle_golden.py
"""

import base64
import collections
import datetime
import fractions
import json
import os
import pickle
import pickletools
import random

# What a value may be made of; any other opcode is to be refused by its name.
PLAIN = set("""PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1 LONG4
    FLOAT BINFLOAT UNICODE SHORT_BINUNICODE BINUNICODE BINUNICODE8 EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3 TUPLE
    EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT DICT SETITEM SETITEMS MEMOIZE BINPUT LONG_BINPUT PUT BINGET
    LONG_BINGET GET""".split())


def labels(of, n=25):
    """As BEEP's pmv_labels.pkl: a note's id, then a sequence from its label to its split."""
    draw = random.Random(n)
    return {100000 + i: of([draw.randint(0, 1), draw.choice(["train", "val", "test"])]) for i in range(n)}


class Runs:
    def __reduce__(self):
        return os.system, ("true",)


SHARED = [1, 2]
VALUES = {
    "lists": labels(list), "tuples": labels(tuple), "longer_tuples": labels(lambda s: (s[0], "x", 0.5, None, s[1]), 20),
    "keys_as_text": {str(k): v for k, v in labels(list, 5).items()}, "empty": {}, "nothing": None, "text": "train",
    "numbers": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**62, 2**63 - 1, -(2**63)],
    "floats": [0.0, -0.5, 1e300, 1 / 3], "booleans": [True, False], "nested": [[], (), {}, [[(1,)]], (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "shared": [SHARED, SHARED, (SHARED, "again", "again")], "long_text": "x" * 300,
    "ordered": collections.OrderedDict(a=1), "defaults": collections.defaultdict(list, a=[1]), "set": {1, 2},
    "frozen": frozenset([1]), "bytes": b"train", "array": bytearray(b"x"), "date": datetime.date(2100, 1, 1),
    "fraction": fractions.Fraction(1, 3), "function": len, "runs": Runs(),
}


def told(value):
    """The value as JSON that tells lists, dicts and integers from other things."""
    if isinstance(value, (list, tuple)):
        return {"items": [told(v) for v in value]}
    if isinstance(value, dict):
        return {"pairs": [[told(k), told(v)] for k, v in value.items()]}
    if isinstance(value, int) and not isinstance(value, bool):
        return {"integer": str(value)}
    return value


def main():
    cases = []
    for name, value in VALUES.items():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            data = pickle.dumps(value, protocol)
            refused = next((op.name for op, _, _ in pickletools.genops(data) if op.name not in PLAIN), "")
            case = {"name": f"{name}, protocol {protocol}", "pickle": base64.b64encode(data).decode(), "refused": refused}
            if not refused:
                case["value"] = told(value)
            cases.append(case)
    path = os.path.join(os.path.dirname(__file__), "..", "internal", "pickle", "testdata", "pickles.json")
    with open(path, "w") as f:
        json.dump(cases, f, indent=None, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
