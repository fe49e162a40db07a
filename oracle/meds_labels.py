"""Writes stages/label/given/testdata/meds: labels in the MEDS label schema, made by ACES of
three patients (they are the example of label.meds too), and by polars of every kind of value.

    pip install -r oracle/requirements-aces.txt
    python oracle/meds_labels.py
"""

import datetime
import os
import shutil
import subprocess
import sys
import tempfile

import polars as pl

FOLDER = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "stages", "label", "given", "testdata", "meds"))
EXAMPLE = os.path.join(FOLDER, "..", "..", "..", "..", "examples", "label.meds", "death_by_aces", "in", "labels.parquet")

TASK = """
predicates:
  admission: {code: HOSPITAL_ADMISSION}
  discharge: {code: HOSPITAL_DISCHARGE}
  death: {code: MEDS_DEATH}
  discharge_or_death: {expr: "or(discharge, death)"}
trigger: admission
windows:
  input:
    start: null
    end: trigger + 24h
    start_inclusive: True
    end_inclusive: True
    index_timestamp: end
  gap:
    start: input.end
    end: start + 24h
    start_inclusive: False
    end_inclusive: True
    has: {admission: "(None, 0)", discharge: "(None, 0)", death: "(None, 0)"}
  target:
    start: gap.end
    end: start -> discharge_or_death
    start_inclusive: False
    end_inclusive: True
    label: death
"""


def day(n, hour=0):
    return datetime.datetime(2100, 1, 1) + datetime.timedelta(days=n, hours=hour)


def aces():
    """Patient 1 leaves one admission and dies in the next, 2 leaves, 3 stays for a day."""
    events = [(1, day(0), "HOSPITAL_ADMISSION"), (1, day(9), "HOSPITAL_DISCHARGE"), (1, day(20), "HOSPITAL_ADMISSION"), (1, day(25), "MEDS_DEATH"),
              (2, day(0), "HOSPITAL_ADMISSION"), (2, day(9), "HOSPITAL_DISCHARGE"), (3, day(0), "HOSPITAL_ADMISSION"), (3, day(1), "HOSPITAL_DISCHARGE")]
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        data = pl.DataFrame(events, schema={"subject_id": pl.Int64, "time": pl.Datetime("us"), "code": pl.String}, orient="row")
        data.with_columns(numeric_value=pl.lit(None, pl.Float32)).write_parquet(at("data.parquet"))
        with open(at("death.yaml"), "w") as f:
            f.write(TASK)
        subprocess.run([os.path.join(os.path.dirname(sys.executable), "aces-cli"), "cohort_name=death", f"cohort_dir={folder}", "data=single_file",
                        "data.standard=meds", f"data.path={at('data.parquet')}"], check=True)
        for path in [os.path.join(FOLDER, "aces.parquet"), EXAMPLE]:
            shutil.copyfile(at("death.parquet"), path)


def table(name, rows, **columns):
    schema = {"subject_id": pl.Int64, "prediction_time": pl.Datetime("us"), **columns}
    path = os.path.join(FOLDER, name + ".parquet")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(path)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    aces()
    table("shards/train/0", [(1, day(0), True)], boolean_value=pl.Boolean)
    table("shards/tuning/0", [(2, day(1), False)], boolean_value=pl.Boolean)
    table("integers", [(1, day(0), 2), (2, day(1), 0)], integer_value=pl.Int64)
    table("names", [(1, day(0), "long"), (2, day(1), "short")], categorical_value=pl.String)
    table("several", [(1, day(0), "b"), (1, day(0), "a"), (1, day(21), "c"), (2, day(1), "a")], categorical_value=pl.String)
    table("floats", [(1, day(0), 1.5)], float_value=pl.Float32)
    table("mixed", [(1, day(0), True, None), (2, day(1), None, 1.5)], boolean_value=pl.Boolean, float_value=pl.Float32)
    table("nulls", [(1, day(0), True), (2, day(1), None)], boolean_value=pl.Boolean)
    table("nobody", [(None, day(0), True)], boolean_value=pl.Boolean)
    table("nanoseconds", [(1, day(0), True)], boolean_value=pl.Boolean, prediction_time=pl.Datetime("ns"))
    table("zone", [(1, day(0), True)], boolean_value=pl.Boolean, prediction_time=pl.Datetime("us", "UTC"))
    table("times", [  # of patient 1, who is in from day 0 to 9 and from day 20 to 25
        (1, day(-1), False), (1, day(10), False), (1, day(0), True), (1, day(9), False), (1, day(25), True), (1, day(25, 1), False), (77, day(0), True),
        (4, day(3), True), (4, day(5), True),  # the first is the end of a stay and the beginning of another
    ], boolean_value=pl.Boolean)
    table("contradictory", [(1, day(3), True), (1, day(3), False)], boolean_value=pl.Boolean)


if __name__ == "__main__":
    main()
