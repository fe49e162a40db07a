"""Encode texts with Hugging Face tokenizers on one thread.

usage: peer.py TEXTS_JSON TOKENIZER_JSON ROUNDS

Prints {"tokens_per_s": …, "warm_tokens_per_s": …, "digest": …}, in seconds of CPU, which
other programs on the machine take least of: the fastest round of a tokenizer that is new, and of one that has encoded all texts before; a text a call or
all in one batch, whichever is faster.
"""

import gzip
import hashlib
import json
import pathlib
import sys
import tempfile
import time

from tokenizers import Tokenizer

with open(sys.argv[1], encoding="utf-8") as f:
    texts = json.load(f)
opener = gzip.open if sys.argv[2].endswith(".gz") else open

best, found = [float("inf")] * 2, []
with tempfile.TemporaryDirectory() as tmp, opener(sys.argv[2], "rb") as f:
    definition = pathlib.Path(tmp, "tokenizer.json")
    definition.write_bytes(f.read())
    for batched in [False, True] * int(sys.argv[3]):
        tokenizer = Tokenizer.from_file(str(definition))  # its cache begins empty
        for state in range(2):
            start = time.process_time()
            if batched:
                found = tokenizer.encode_batch(texts, add_special_tokens=False)
            else:
                found = [tokenizer.encode(t, add_special_tokens=False) for t in texts]
            best[state] = min(best[state], time.process_time() - start)
ids = [list(e.ids) for e in found]
h = hashlib.sha256("".join("[" + " ".join(map(str, row)) + "]\n" for row in ids).encode())
tokens = sum(map(len, ids))
print(json.dumps({"tokens_per_s": tokens / best[0], "warm_tokens_per_s": tokens / best[1], "digest": h.hexdigest()}))
