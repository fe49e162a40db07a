"""Writes exports/argo/testdata/schema.json: the part of Argo Workflows' JSON schema that a DAG needs.

    python oracle/argo_schema.py api/jsonschema/schema.json > exports/argo/testdata/schema.json

The input is Argo's own file (github.com/argoproj/argo-workflows, Apache-2.0), v4.1.2. Its types are
kept as they are, less their descriptions. Types that are not needed are false, and every object takes
its own properties alone: Argo's file would let a misspelt one pass.
"""

import json
import sys

ARGO = "io.argoproj.workflow.v1alpha1."
KUBERNETES = "io.k8s.api.core.v1."
NEEDED = [
    *(ARGO + name for name in ["CronWorkflow", "CronWorkflowSpec", "Workflow", "WorkflowSpec", "Template", "DAGTemplate", "DAGTask", "Synchronization", "Mutex", "RetryStrategy", "Backoff"]),
    *(KUBERNETES + name for name in ["Container", "ResourceRequirements", "PodSecurityContext"]),
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
    "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
]


def reduced(node):
    if isinstance(node, list):
        return [reduced(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"]} if node["$ref"].removeprefix("#/definitions/") in NEEDED else False
    return {key: reduced(value) for key, value in node.items() if not (key == "description" and isinstance(value, str)) and not key.startswith("x-")}


with open(sys.argv[1]) as file:
    whole = json.load(file)
definitions = {}
for name in NEEDED:
    definitions[name] = reduced(whole["definitions"][name])
    if "properties" in definitions[name]:
        definitions[name]["additionalProperties"] = False
json.dump(
    {
        "$comment": "Part of Argo Workflows' api/jsonschema/schema.json, v4.1.2, Apache-2.0, by oracle/argo_schema.py",
        "$schema": whole["$schema"],
        "oneOf": [{"$ref": f"#/definitions/{ARGO}{kind}"} for kind in ["CronWorkflow", "Workflow"]],
        "definitions": definitions,
    },
    sys.stdout,
    indent=1,
    sort_keys=True,
)
print()
