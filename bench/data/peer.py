"""Encode texts with a peer on one thread.

usage: peer.py PEER TEXTS_JSON FILE ROUNDS

PEER reads FILE: hf_tokenizers and gigatoken a tokenizer.json (.gz), sentencepiece a
tokenizer.model. Prints {"cold_s": …, "warm_s": …, "digest": …}, in seconds of CPU, which
other programs on the machine take least of: the fastest round of a tokenizer that is new,
and of one that has encoded all texts before; a text a call or all in one batch, whichever
is faster.
"""

import gzip
import hashlib
import json
import pathlib
import sys
import tempfile
import time

ENOUGH_S = 20.0  # what a peer is asked for, unless three rounds take longer

peer, texts_file, file, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), int(sys.argv[4])
texts = json.loads(texts_file.read_bytes())


def hf_tokenizers(file):
    from tokenizers import Tokenizer

    t = Tokenizer.from_file(file)
    one = lambda: [t.encode(text, add_special_tokens=False) for text in texts]
    batch = lambda: t.encode_batch(texts, add_special_tokens=False)
    return [one, batch], lambda found: [e.ids for e in found]


def gigatoken(file):
    from gigatoken import Tokenizer

    t = Tokenizer(file)
    Tokenizer(file).encode_batch([texts[0]], parallel=False)  # imports what arrays need
    return [lambda: t.encode_batch(texts, parallel=False)], lambda found: found.to_list()


def sentencepiece(file):
    from sentencepiece import SentencePieceProcessor

    t = SentencePieceProcessor(model_file=file)
    return [lambda: [t.encode(text) for text in texts], lambda: t.encode(texts, num_threads=1)], lambda found: found


def measure(open_peer, file):
    best, ways, begun = [float("inf")] * 2, len(open_peer(file)[0]), time.process_time()
    for i in range(rounds * ways):
        if i >= 3 * ways and time.process_time() - begun > ENOUGH_S:
            break
        calls, ids = open_peer(file)  # its cache begins empty
        for state in range(2):
            start = time.process_time()
            found = calls[i % ways]()
            best[state] = min(best[state], time.process_time() - start)
    return best, ids(found)


with tempfile.TemporaryDirectory() as tmp:
    if file.suffix == ".gz":
        unpacked = pathlib.Path(tmp, file.stem)
        unpacked.write_bytes(gzip.decompress(file.read_bytes()))
        file = unpacked
    (cold, warm), ids = measure(globals()[peer], str(file))
digest = hashlib.sha256("".join("[" + " ".join(map(str, row)) + "]\n" for row in ids).encode())
print(json.dumps({"cold_s": cold, "warm_s": warm, "digest": digest.hexdigest()}))
