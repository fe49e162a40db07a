"""Golden episodes of ventilation, for internal/ventilation: mimic-code's own SQL in DuckDB.

Charts the ventilation of 200 stays of each database, with gaps at the limits, ties,
extubations, blanks at the end of values, times that are a year off, rows marked as errors
and rows without a value or a stay, and runs the DuckDB form of the concepts of a checkout
of MIT-LCP/mimic-code on it. Nothing of the SQL is kept, only charts and episodes.
Run at the repository's root: python oracle/ventilation_golden.py --mimic-code CHECKOUT
"""

import argparse
import csv
import gzip
import io
import pathlib
import random
import subprocess
import tempfile
from datetime import datetime, timedelta

import duckdb

COMMIT = "8bcbd190ca75670cd5281f9ead3611ae1cefb73e"
TESTDATA = pathlib.Path("internal/ventilation/testdata")
STAYS = 200
# Minutes from one charted time to the next: most are short, some at a limit to the minute.
STEPS = [0, 1, 15, 30, 60, 60, 60, 120, 240, 479, 480, 481, 779, 780, 781, 839, 840, 841, 900, 1500]

III_SETTINGS = [720, 223848, 223849, 467, 445, 224687, 639, 224685, 218, 459, 221, 1, 543, 5865, 60, 220339, 3459, 501, 223, 224701]
III_VALUES = {
    720: ["Assist Control", "Other/Remarks", "CPAP"],
    223848: ["Drager", "Other"],
    223849: ["CMV", "Standby"],
    467: ["Ventilator", "Nasal Cannula", "None", "T-Piece", "Trach Mask", "Trach Mask ", "Ventilator "],
    640: ["Extubated", "Self Extubation", "Extubated ", "Other/Remarks"],
    226732: ["Nasal cannula", "Trach mask ", "Trach mask", "Venti mask ", "Endotracheal tube", "None"],
}
III_POINTS = [227194, 225468, 225477, 224385]

IV_SETTINGS = [224688, 224690, 224687, 224685, 224696, 220339, 223835, 223848, 224691]
IV_MODES = ["CMV/ASSIST/AutoFlow", "CPAP/PSV", "PSV/SBT", "Standby", "CPAP/PSV "]
IV_HAMILTON = ["APV (cmv)", "ASV", "NIV", "NIV-ST", "DuoPaP", "Standby"]
IV_DEVICES = ["Endotracheal tube", "Tracheostomy tube", "Trach mask ", "Trach mask", "T-piece", "Bipap mask ", "Bipap mask",
              "CPAP mask ", "High flow nasal cannula", "Nasal cannula", "Non-rebreather", "Face tent", "Venti mask ", "Oxymizer", "None", "Other"]
IV_FLOWS = [223834, 227582, 227287]
# What is documented of flows of one time, and after how long. Of two equal ones the SQL
# does not say which it takes, so no two are equal in both.
FLOWS_OF_A_TIME = [(value, after) for value in ("2", "10", "4", None) for after in (timedelta(0), timedelta(minutes=5), None)]


def times(rng):
    """The times at which a stay is charted; one of a hundred is a year off."""
    at = datetime(2150, 1, 1) + timedelta(days=rng.randrange(20000), minutes=rng.randrange(1440))
    for _ in range(rng.randrange(2, 32)):
        at += timedelta(minutes=rng.choice(STEPS))
        yield at + rng.choices([timedelta(0), timedelta(days=365), -timedelta(days=365)], [98, 1, 1])[0]


def stays(first_stay):
    """Patient, admission and number of each stay: every other patient has two."""
    subject = 10000
    for n in range(STAYS):
        subject += n % 3 != 2
        yield subject, 20000 + n, first_stay + n


def chart_iii(rng):
    events, points = [], []
    for subject, hadm, stay in stays(200000):
        phase = "ventilator"
        for at in times(rng):
            phase = rng.choices([phase, "ventilator", "oxygen", "off"], [80, 10, 6, 4])[0]
            items = rng.sample(III_SETTINGS, rng.randrange(1, 4)) if phase == "ventilator" else [226732 if rng.random() < 0.5 else 467] if phase == "oxygen" else [470]
            if rng.random() < (0.5 if phase == "off" else 0.06):
                items.append(640)
            for item in items:
                value = rng.choice(III_VALUES.get(item, ["7", "12.5"]))
                value = None if rng.random() < 0.03 else value
                error = rng.choices([None, 0, 1], [40, 55, 5])[0]
                events.append([subject, hadm, None if rng.random() < 0.01 else stay, item, at, at, value, error])
            for _ in range(rng.choices([0, 1, 2], [40, 40, 20] if phase == "off" else [94, 4, 2])[0]):
                off = timedelta(minutes=rng.choice([0, 0, 0, 1, 30]))
                points.append([subject, hadm, stay, rng.choice(III_POINTS), at + off, at + off + timedelta(minutes=1)])
    return events, points


def chart_iv(rng):
    events = []
    for subject, hadm, stay in stays(30000000):
        device, before = rng.choice(IV_DEVICES), None
        for at in times(rng):
            device = rng.choices([device, rng.choice(IV_DEVICES)], [85, 15])[0]
            rows = []
            if rng.random() < 0.5:
                rows += [(item, rng.choice(["7", "7", "8", None])) for item in rng.sample(IV_SETTINGS, rng.randrange(1, 3))]
            if rng.random() < 0.2:
                rows += [(223849, rng.choice(IV_MODES)) for _ in range(rng.choice([1, 1, 2]))]
            if rng.random() < 0.08:
                rows.append((229314, rng.choice(IV_HAMILTON)))
            if rng.random() < 0.75:
                rows += [(226732, rng.choices([device, None, rng.choice(IV_DEVICES)], [88, 4, 8])[0]) for _ in range(rng.choice([1, 1, 1, 2, 3, 5]))]
            documented = [at, at, at + timedelta(minutes=5), at + timedelta(minutes=9), None]
            rows = [(item, value, rng.choice(documented)) for item, value in rows]
            if rng.random() < 0.7 and at != before:
                rows += [(rng.choice(IV_FLOWS), *pair) for pair in rng.sample(FLOWS_OF_A_TIME, rng.choice([1, 1, 2, 3]))]
            before = at
            for item, value, stored in rows:
                stored = at + stored if isinstance(stored, timedelta) else stored
                number = value if value and value[0].isdigit() else None
                events.append([subject, hadm, stay, at, stored, item, value, number])
    return events


def crossing(rng, events):
    """Some of the rows of one time are charted under another stay, or under none."""
    for row in events:
        if rng.random() < 0.12:
            row[2] = rng.choice([None, row[2] + 1])
    return events


def save(name, header, rows):
    """Writes rows as MIMIC does: a null is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(["" if field is None else field for field in row] for row in rows)
    path = TESTDATA / f"{name}.csv.gz"
    with open(path, "wb") as file, gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as zipped:
        zipped.write(text.getvalue().encode())
    return path


def sql_of(checkout, path):
    return subprocess.run(["git", "-C", checkout, "show", f"{COMMIT}:{path}"], check=True, capture_output=True, text=True).stdout


def load(db, table, path, types):
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    db.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv('{path}', header=true, columns={{{columns}}})")


def episodes_iii(checkout, events, points):
    db = duckdb.connect()
    for schema in ("mimiciii", "mimiciii_derived"):
        db.execute(f"CREATE SCHEMA {schema}")
    load(db, "mimiciii.chartevents", events, dict(subject_id="BIGINT", hadm_id="BIGINT", icustay_id="BIGINT", itemid="BIGINT", charttime="TIMESTAMP", storetime="TIMESTAMP", value="VARCHAR", error="INTEGER"))
    load(db, "mimiciii.procedureevents_mv", points, dict(subject_id="BIGINT", hadm_id="BIGINT", icustay_id="BIGINT", itemid="BIGINT", starttime="TIMESTAMP", endtime="TIMESTAMP"))
    for concept in ("classification", "durations"):
        db.execute(sql_of(checkout, f"mimic-iii/concepts_duckdb/durations/ventilation_{concept}.sql"))
    return db.execute("SELECT icustay_id, starttime, endtime, 'Ventilated' FROM mimiciii_derived.ventilation_durations WHERE icustay_id IS NOT NULL ORDER BY 1, 2, 3").fetchall()


def lone_devices(sql):
    """The concept of oxygen with its join as meant: devices without a flow stay."""
    for old, new in {"FROM ce_stg2 AS ce\n": "FROM (SELECT * FROM ce_stg2 WHERE rn = 1) AS ce\n", "  WHERE\n    ce.rn = 1\n": ""}.items():
        assert sql.count(old) == 1, old
        sql = sql.replace(old, new)
    return sql


def episodes_iv(checkout, events, change=lambda sql: sql):
    db = duckdb.connect()
    for schema in ("mimiciv_icu", "mimiciv_derived"):
        db.execute(f"CREATE SCHEMA {schema}")
    load(db, "mimiciv_icu.chartevents", events, dict(subject_id="BIGINT", hadm_id="BIGINT", stay_id="BIGINT", charttime="TIMESTAMP", storetime="TIMESTAMP", itemid="BIGINT", value="VARCHAR", valuenum="DOUBLE"))
    db.execute("ALTER TABLE mimiciv_icu.chartevents ADD COLUMN valueuom VARCHAR")
    db.execute(sql_of(checkout, "mimic-iv/concepts_duckdb/measurement/ventilator_setting.sql"))
    db.execute(change(sql_of(checkout, "mimic-iv/concepts_duckdb/measurement/oxygen_delivery.sql")))
    db.execute(sql_of(checkout, "mimic-iv/concepts_duckdb/treatment/ventilation.sql"))
    return db.execute("SELECT stay_id, starttime, endtime, ventilation_status FROM mimiciv_derived.ventilation WHERE stay_id IS NOT NULL ORDER BY 1, 2, 3").fetchall()


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--mimic-code", required=True, help="a checkout of MIT-LCP/mimic-code")
    checkout = flags.parse_args().mimic_code
    TESTDATA.mkdir(exist_ok=True)
    rng = random.Random(14)
    charted, points = chart_iii(rng)
    events = save("chartevents_iii", ["SUBJECT_ID", "HADM_ID", "ICUSTAY_ID", "ITEMID", "CHARTTIME", "STORETIME", "VALUE", "ERROR"], charted)
    extubations = save("procedureevents_iii", ["SUBJECT_ID", "HADM_ID", "ICUSTAY_ID", "ITEMID", "STARTTIME", "ENDTIME"], points)
    header = ["stay_id", "starttime", "endtime", "status"]
    save("episodes_iii", header, episodes_iii(checkout, events, extubations))
    events = save("chartevents_iv", ["subject_id", "hadm_id", "stay_id", "charttime", "storetime", "itemid", "value", "valuenum"], crossing(rng, chart_iv(rng)))
    save("episodes_iv", header, episodes_iv(checkout, events))
    save("episodes_iv_lone_devices", header, episodes_iv(checkout, events, lone_devices))


if __name__ == "__main__":
    main()
