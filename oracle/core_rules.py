"""Golden texts of CORe's own rules, and numpy's order of equal dates.

Gives invented notes, put together of the fragments below by a generator that the Go test
has too, to the public functions of a checkout of bvanaken/clinical-outcome-prediction
(b376f4b), and writes stages/text/testdata/core_rules.json: the fragments, and of each
admission a hash of its text and of what the filters of deaths leave of it. The rows of
numpy are orders of few different days, most of them the input on which quicksort is
slowest, so that its heap is tried too.
Run at the repository's root with oracle/requirements-core.txt (Python 3.11 at most):
python oracle/core_rules.py --core CHECKOUT
"""

import argparse
import hashlib
import json
import os
import pathlib
import sys
import warnings

import numpy as np
import pandas as pd

OUT = pathlib.Path("stages/text/testdata/core_rules.json").absolute()

FRAGMENTS = [
    "Chief Complaint:", "CHIEF COMPLAINT:", "chief complaint: pain", "Present Illness:", "History of Present Illness:", "\n\nHistory of Present Illness:\n",
    "no history of present illness: none", "Past Medical History:", "\nPast Medical History:\n", "medical history:", "Medications on Admission:",
    "Allergies:", "\n\nAllergies: sulfa", "Physical Exam:",
    "Family History:", "Social History:", "\n\nSocial History:\n", "\n\nHEENT: dry\n\n", "\n\nBrief Hospital Course:\nwell", "\n\n1. Plan: x",
    "\n\nDr. X: y", "\n\nExam (late): z", "\n\n:", "\n\n::", "\n\n: a:", "\n\nno colon\nin this line: b", "\n\na|b: c", "\n\nLabs\\n: d", "\\n\\nTyped: e", "\\", "\n \nSex: F\n",
    "\n\t\nService: MED", "\n\n\n", "\n\n\n\nNext:", "\n", "\n\n", "\n", " ", "  ", "\t", "\r\n", "\u00a0", "\x1c", "\x0b", "\u2003", "\n\n\u0663: f", "\n\n\u00c4rzte: g",
    "[]", "[] none", "[**2150-1-2**]", "[**Known lastname 5**]: h", "ill", "three days of fever",
    ".", ":", "(", ")", "5",
]

# One fragment in thirty is one of these.
DEATHS = [
    "MEDICATION ON ADMISSION: died", "Medications on admission:\naspirin, pt died", "\nPHYSICAL EXAM:\npatient had expired", "physical exam: pt  has died then", "family history: father died", "Patient deceased", "outpatient  Died", "pt\nexpired", "pt\u00a0passed away", "patient\x1cdied",
    "she expired", "THE EXPIRED card", "pronounced expired", "Time of Death noted", "time of\ndeath", "deceased", "died", "had expired", "patient has", "passed away",
]


def short(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Chance:
    """A linear congruential generator (Knuth's MMIX) that is two lines in any language."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def fragment(chance):
    of = DEATHS if chance.below(30) == 0 else FRAGMENTS
    return of[chance.below(len(of))]


def notes(seed, rows, admissions):
    chance, table, texts = Chance(seed), [], []
    for row in range(1, rows + 1):
        if texts and chance.below(6) == 0:
            text = texts[chance.below(len(texts))]
        else:
            text = "".join(fragment(chance) for _ in range(chance.below(24)))
        texts.append(text)
        day, hadm, kind = chance.below(40), chance.below(admissions + 20), chance.below(20)
        table.append({
            "ROW_ID": row, "SUBJECT_ID": 1000 + hadm, "HADM_ID": hadm if hadm else np.nan,
            "CHARTDATE": f"2150-01-{day:02}" if day else np.nan,
            "CATEGORY": "Nursing" if kind == 0 else "Discharge summary",
            "DESCRIPTION": "Other" if kind == 1 else "Addendum" if kind < 6 else "Report",
            "ISERROR": 1 if kind == 7 else np.nan, "TEXT": text if text else np.nan,
        })
    return pd.DataFrame(table)


def texts(seed, rows, admissions):
    from tasks import mimic_utils
    from tasks.mp import mp

    stays = pd.DataFrame({"HADM_ID": range(1, admissions + 1)})
    stays["ADMISSION_TYPE"] = ["NEWBORN" if h % 11 == 0 else "EMERGENCY" for h in stays.HADM_ID]
    kept = mimic_utils.filter_notes(notes(seed, rows, admissions), stays, admission_text_only=True)
    left = mp.remove_mentions_of_patients_death(kept.copy())
    after = dict(zip(left.HADM_ID, left.TEXT))
    hashes = {}
    for hadm, text in zip(kept.HADM_ID, kept.TEXT):
        both = text + "\0" + after.get(hadm, "withdrawn")
        hashes[int(hadm)] = short(both)
    changed = sum(after.get(h) != t for h, t in zip(kept.HADM_ID, kept.TEXT))
    print(f"{rows} notes: {len(kept)} texts, {changed} changed by the filters of deaths, {len(kept) - len(left)} withdrawn")
    return {"seed": seed, "notes": rows, "admissions": admissions, "hashes": {str(h): hashes[h] for h in sorted(hashes)}}


def slowest(n):
    """The input on which the median of three is always next to an end (Musser 1997)."""
    half = n // 2
    days = np.zeros(n, dtype=int)
    for i in range(1, half + 1):
        days[i - 1] = i if i % 2 else half + i - 1
        days[half + i - 1] = 2 * i
    return days


def order(days):
    table = pd.DataFrame({"CHARTDATE": [f"{2000 + day // 360}-{day // 30 % 12 + 1:02}-{day % 30 + 1:02}" if day >= 0 else np.nan for day in days]})
    return table.sort_values(by=["CHARTDATE"]).index.tolist()


def orders():
    chance = Chance(7)
    for n in [0, 1, 2, 15, 16, 17, 18, 40, 100, 513, 3000]:
        for days in [1, 3, 50]:
            yield f"{n} of {days} days", np.array([chance.below(days + 1) - 1 for _ in range(n)], dtype=int)
    for n in [64, 500, 2000]:
        yield f"slowest of {n}", slowest(n) // 3
    yield "descending", np.arange(200, 0, -1) // 2
    yield "ascending", np.arange(200) // 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--core", required=True, help="folder of the checkout")
    core = parser.parse_args().core
    warnings.simplefilter("ignore")  # of pandas, about the scripts
    sys.path.insert(0, core)
    os.chdir(core)
    golden = {
        "made_by": f"pandas {pd.__version__}, numpy {np.__version__}, bvanaken/clinical-outcome-prediction b376f4b",
        "fragments": FRAGMENTS,
        "deaths": DEATHS,
        "tables": [texts(seed, 4000, 1500) for seed in [1, 2]],
        "orders": [{"name": name, "days": days.tolist(), "order": short(",".join(map(str, order(days))))} for name, days in orders()],
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
