"""A byte-level tokenizer.json for `go run ./bench/data tokenizers --bytebpe`: Llama 3's expression, 32,000 pieces, trained on
the texts of a CSV (.gz) with a column transcription.

    python oracle/tokenizer_train.py CSV.GZ TOKENIZER_JSON
"""

import json
import pathlib
import sys

from tokenizer_golden import LLAMA3, begin_of_text, definition, sentences, split, trained
from tokenizer_texts import mtsamples


def main():
    texts, out = sys.argv[1:]
    t = trained(sentences() + mtsamples(texts), 32_000, split(LLAMA3), ["<|begin_of_text|>", "<|end_of_text|>"], post=begin_of_text)
    pathlib.Path(out).write_text(json.dumps(definition(t, ignore_merges=True), ensure_ascii=False), encoding="utf-8")


main()
