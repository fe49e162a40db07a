"""Packs the General Equivalence Mappings of fiscal year 2018 for internal/icd/gem.

    python oracle/gem_pack.py FOLDER

FOLDER holds CMS' four files, plain or as .gz; github.com/jradack/icdConvert has them in
data-raw/ (72b0baf), and of the two of diagnoses github.com/wenjie2wang/touch has the
same bytes. They are a work of the US government and in the public domain.

The packed form is a line a row: the sources of all rows, then the targets, then the
flags. The first character of a line is how many it shares with the line before it.
"""

import gzip
import pathlib
import sys

from gem_check import FILES, lines_of


def shared(a, b):
    """The number of first characters that two texts have in common, 9 at most."""
    n = 0
    while n < min(len(a), len(b), 9) and a[n] == b[n]:
        n += 1
    return n


def packed(rows):
    lines, before = [], ""
    for column in zip(*rows):
        for value in column:
            n = shared(before, value)
            lines.append(f"{n}{value[n:]}\n")
            before = value
    return "".join(lines)


def main():
    for name in FILES:
        text = packed([line.split() for line in lines_of(pathlib.Path(sys.argv[1]), name)])
        out = pathlib.Path("internal/icd/gem", name).with_suffix(".gz")
        out.write_bytes(gzip.compress(text.encode("ascii"), mtime=0))
        print(out, out.stat().st_size)


if __name__ == "__main__":
    main()
