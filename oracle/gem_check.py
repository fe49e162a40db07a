"""Translates every code of the General Equivalence Mappings of fiscal year 2018.

    python oracle/gem_check.py FOLDER

FOLDER holds CMS' four files (gem_pack.py says from where), plain or as .gz. Writes
internal/icd/gem/testdata/gem_check.json: of each file its sha256, its rows and sources,
and for each mode a digest of what each source becomes; and what the codes of the
MIMIC-IV demo become. stages/label/testdata/gem_labels.json has a digest of the demo's
labels by each configuration. Only the standard library, and nothing of the packed form.
"""

import collections
import csv
import gzip
import hashlib
import json
import pathlib
import sys

# name: (the demo's table, the version of its sources, characters of a category)
FILES = {
    "2018_I10gem.txt": ("diagnoses_icd", "10", 3),
    "2018_I9gem.txt": ("diagnoses_icd", "9", 3),
    "gem_pcsi9.txt": ("procedures_icd", "10", 4),
    "gem_i9pcs.txt": ("procedures_icd", "9", 2),
}
DEMO = pathlib.Path("stages/label/testdata/mimiciv-demo-2.2/hosp")
GOLDEN = pathlib.Path("internal/icd/gem/testdata/gem_check.json")
LABELS = pathlib.Path("stages/label/testdata/gem_labels.json")


def bytes_of(folder, name):
    plain = folder / name
    return plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())


def lines_of(folder, name):
    return bytes_of(folder, name).decode("ascii").splitlines()


def mappings(lines):
    """Rows by source, in the file's order: (target, combination, scenario, choice list).
    One target of all is in small letters, v5889."""
    by_source = collections.defaultdict(list)
    for line in lines:
        source, target, flags = line.split()
        if not target.startswith("No"):
            by_source[source].append((target.upper(), flags[2] == "1", flags[3], flags[4]))
        else:
            by_source[source] += []
    return by_source


def once(codes):
    return list(dict.fromkeys(codes))


def first(rows):
    return [row[0] for row in rows[:1]]


def every(rows):
    return once(row[0] for row in rows)


def scenario(rows):
    """Of scenario 1 the first of each choice list; the first row where nothing is combined."""
    choices = {}
    for target, combination, number, choice in rows:
        if combination and number == "1":
            choices.setdefault(choice, target)
    return once(choices[c] for c in sorted(choices)) or first(rows)


MODES = {"first": first, "all": every, "scenario": scenario}


def stand_ins(code, known, category):
    """The sources that a code stands for: itself, or those below its closest parent."""
    if code in known:
        return [code]
    for length in range(len(code), category - 1, -1):
        below = sorted(source for source in known if source[:length] == code[:length])
        if below:
            alike = [source for source in below if len(code) == 7 and source[6:] == code[6]]
            return alike or below
    return []


def translate(code, known, category, mode):
    found = [MODES[mode](known[source]) for source in stand_ins(code, known, category)]
    if mode == "all":
        return once(target for targets in found for target in targets)
    return next((targets for targets in found if targets), [])


def digest(codes, translated):
    lines = "".join(f"{code} {' '.join(translated[code])}\n" for code in codes)
    return hashlib.sha256(lines.encode()).hexdigest()


def demo_rows(table):
    with gzip.open(DEMO / f"{table}.csv.gz", "rt") as file:
        return list(csv.DictReader(file))


def demo(table, version, known, category):
    rows = [row["icd_code"] for row in demo_rows(table) if row["icd_version"] == version]
    codes = sorted(set(rows))
    counts = dict(rows=len(rows), codes=len(codes), missing={c: rows.count(c) for c in codes if c not in known})
    for mode in MODES:
        translated = {code: translate(code, known, category, mode) for code in codes}
        unmapped = {c: rows.count(c) for c in codes if not translated[c]}
        counts[mode] = dict(unmapped=unmapped, sha256=digest(codes, translated))
    counts["ambiguous"] = sum(len(translate(code, known, category, "all")) > 1 for code in codes)
    return counts


def label(table, version, code):
    """The recipe clinical's."""
    long = table == "diagnoses_icd" and version == "9" and code.startswith("E")
    return f"{version}:{code[:4 if long else 3]}"


def labels(table, into, known, category, mode):
    pairs, unmapped = set(), collections.Counter()
    for row in demo_rows(table):
        version, code = row["icd_version"], row["icd_code"]
        found = [code] if version == into else translate(code, known, category, mode)
        unmapped.update([] if found else [f"{version}:{code}"])
        pairs.update((row["hadm_id"], label(table, into, target)) for target in found)
    lines = "".join(sorted(f"{hadm_id} {name}\n" for hadm_id, name in pairs))
    return dict(
        admissions=len({hadm_id for hadm_id, _ in pairs}),
        distinct_codes=len({name for _, name in pairs}),
        pairs=len(pairs),
        unmapped=dict(sorted(unmapped.items())),
        sha256=hashlib.sha256(lines.encode()).hexdigest(),
    )


def told(name, found):
    of = found["demo"]
    unmapped = len(of["all"]["unmapped"])
    print(f"{name}: {found['sources']} codes, {found['sources'] - found['unmapped']} mapped, {found['ambiguous']} of them ambiguous, {found['unmapped']} unmapped")
    print(f"  MIMIC-IV demo: {of['codes']} codes in {of['rows']} rows, {of['codes'] - unmapped} mapped, {of['ambiguous']} of them ambiguous, {unmapped} unmapped; {len(of['missing'])} are not in the file")


def main():
    golden, labelled = {}, {"diagnoses_icd": {}, "procedures_icd": {}}
    for name, (table, version, category) in FILES.items():
        folder = pathlib.Path(sys.argv[1])
        lines = lines_of(folder, name)
        known = dict(mappings(lines))
        golden[name] = dict(
            sha256=hashlib.sha256(bytes_of(folder, name)).hexdigest(),
            rows=len(lines),
            sources=len(known),
            unmapped=sum(not rows for rows in known.values()),
            ambiguous=sum(len(every(rows)) > 1 for rows in known.values()),
            modes={m: digest(known, {s: f(rows) for s, rows in known.items()}) for m, f in MODES.items()},
            demo=demo(table, version, known, category),
        )
        into = {"10": "9", "9": "10"}[version]
        for mode in MODES:
            labelled[table][f"icd{into}_{mode}"] = labels(table, into, known, category, mode)
        told(name, golden[name])
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")
    LABELS.write_text(json.dumps(labelled, indent=1) + "\n")


if __name__ == "__main__":
    main()
