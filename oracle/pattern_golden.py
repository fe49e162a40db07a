"""What Python's re makes of random regular expressions for names of modules.

Run from the repository root: python oracle/pattern_golden.py
Writes stages/train/adapter/lora/testdata/patterns.json: names, and for each pattern which
of them it matches as PEFT asks for target_modules (re.fullmatch) and for rank_pattern
(get_pattern_key), null where Python refuses it.
"""

import json
import pathlib
import random
import re
import warnings

OUT = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train" / "adapter" / "lora" / "testdata" / "patterns.json"

NAMES = ["model.layers.0.q_proj", "model.layers.10.mlp", "a.q", "q", "a", "aq", "a.1.q", "a-q", "a|q", "a{,1}", "^", ":", "]", "1", ""]
PARTS = r"""a q . .* *? + ?? ? ( ) (?: (?i) (?P<x> (?= (?! (?<= [ ] [^.] [a-q] [[ [[:alpha:]] ^ $ | \ \. \d \w \s \D \W \S \b \B
\A \Z \z \1 \0 \x61 \n \- \_ \Q { } {1,2} {2} {,1} {0} 1 , - _ : = ! && ~~ layers _proj""".split()
COUNT = 600


def matched(pattern, match):
    try:
        return "".join("1" if match(pattern, name) else "0" for name in NAMES)
    except re.error:
        return None


def main():
    warnings.simplefilter("ignore")
    generator, rows = random.Random(1), {}
    while len(rows) < COUNT:
        pattern = "".join(generator.choice(PARTS) for _ in range(generator.randint(1, 6)))
        whole = matched(pattern, re.fullmatch)
        end = matched(pattern, lambda p, name: re.match(rf"(.*\.)?({p})$", name))
        if whole or end or len(rows) % 10 == 0:  # most of the random ones are no expressions
            rows[pattern] = [whole, end]
    lines = ",\n".join(json.dumps([p, *r]) for p, r in rows.items())
    OUT.write_text(f'{{"names": {json.dumps(NAMES)}, "patterns": [\n{lines}]}}\n')


if __name__ == "__main__":
    main()
