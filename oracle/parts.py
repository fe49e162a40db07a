"""Prints the cases of mimic/part_test.go and stages/split/hash_test.go: part and split of patients by
the xxhash of python-xxhash.

    python oracle/parts.py
"""

import xxhash


def part_of(subject, parts):
    return xxhash.xxh64_intdigest(f"part:{subject}".encode()) % parts


def split_of(subject, seed):
    bucket = xxhash.xxh64_intdigest(f"split:{seed}:{subject}".encode()) % 10
    return "train" if bucket < 7 else "val" if bucket < 8 else "test"


def main():
    for subject, seed, parts in [
        (10000032, 0, 64), (10000032, 1, 64), (19999987, 13, 256), (1, 0, 1), (2, 2, 7),
        (10000994, 1, 64), (10001003, 1, 256), (-5, -1, 64), (2**63 - 1, 2**63 - 1, 4096),
    ]:
        print(f'\t\t{{{subject}, {seed}, {parts}, {part_of(subject, parts)}, "{split_of(subject, seed)}"}},')


if __name__ == "__main__":
    main()
