"""Prints what Airflow makes of the DAG files of a folder, as JSON.

    python oracle/airflow_dags.py FOLDER

Each DAG has its schedule and its tasks, each task its operator, what comes after it and the
arguments that clinflow gives it. Import errors are told as Airflow tells them.
"""

import json
import sys

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions._internal.templater import LiteralValue

ARGUMENTS = [
    "retries", "pool", "trigger_rule",
    "bash_command", "cwd",
    "launcher_binary", "worker_binary", "runner", "pipeline_options", "dataflow_config",
    "image", "arguments", "namespace", "service_account_name", "container_resources",
]


def plain(value):
    if isinstance(value, LiteralValue):
        return plain(value.value)
    return value.to_dict() if hasattr(value, "to_dict") else value


def task(of):
    values = {name: plain(getattr(of, name, None)) for name in ARGUMENTS}
    return {"operator": of.task_type, "before": sorted(of.downstream_task_ids), **{name: value for name, value in values.items() if value is not None}}


def dag(of):
    return {
        "schedule": getattr(of.timetable, "expression", None) or type(of.timetable).__name__,
        "timezone": str(getattr(of.timetable, "timezone", "")),
        "catchup": of.catchup,
        "max_active_runs": of.max_active_runs,
        "timeout": of.dagrun_timeout and of.dagrun_timeout.total_seconds(),
        "tasks": {one.task_id: task(one) for one in of.tasks},
    }


bag = DagBag(sys.argv[1])
print(json.dumps({"errors": bag.import_errors, "dags": {name: dag(of) for name, of in bag.dags.items()}}, default=str))
