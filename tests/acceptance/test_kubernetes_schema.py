"""No cluster is here: every manifest is held against the schemas that a cluster would hold it against.

Kubernetes' own kinds against the OpenAPI schemas of the oldest and newest release that `kubernetes-validate` brings,
in their strict form, in which a key that the release does not know is an error. KEDA's and Kustomize's kinds are in no
package: for them the parts that are used, from the custom resource definitions of KEDA 2.16 and the reference
of Kustomization v1beta1. The job that KEDA starts is checked as the Kubernetes Job that it becomes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
RELEASES = [kubernetes_validate.utils.all_versions()[0], kubernetes_validate.latest_version()]
OTHERS = {"keda.sh/v1alpha1", "kustomize.config.k8s.io/v1beta1"}

Document = dict[str, Any]
TEXT, WHOLE = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}


def closed(required: str, **properties: Any) -> Document:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }


def many(item: Document) -> Document:
    """A list that is not empty."""
    return {"type": "array", "items": item, "minItems": 1}


def kind(api_version: str, name: str, optional: str = "", **properties: Any) -> Document:
    """A document of this kind with these keys beside the usual two."""
    fixed = {"apiVersion": {"const": api_version}, "kind": {"const": name}}
    required = (fixed.keys() | properties.keys()) - set(optional.split())
    return closed(" ".join(sorted(required)), **fixed, **properties)


NAMED = closed("name", name=TEXT, namespace=TEXT, labels={"type": "object"}, annotations={"type": "object"})
# https://keda.sh/docs/latest/scalers/postgresql/: every value is text
POSTGRESQL = closed(
    "query targetQueryValue",
    query={"type": "string", "pattern": "^SELECT "},
    targetQueryValue={"type": "string", "pattern": r"^\d+(\.\d+)?$"},
    activationTargetQueryValue={"type": "string", "pattern": r"^\d+(\.\d+)?$"},
)
TRIGGER = closed(
    "type metadata authenticationRef",
    type={"const": "postgresql"},
    name=TEXT,
    metadata=POSTGRESQL,
    authenticationRef=closed(
        "name", name=TEXT, kind={"enum": ["TriggerAuthentication", "ClusterTriggerAuthentication"]}
    ),
)
SCALED_JOB = closed(
    "jobTargetRef triggers",
    jobTargetRef={"type": "object"},  # checked as a Job
    pollingInterval=WHOLE,
    successfulJobsHistoryLimit=WHOLE,
    failedJobsHistoryLimit=WHOLE,
    envSourceContainerName=TEXT,
    minReplicaCount=WHOLE,
    maxReplicaCount={"type": "integer", "minimum": 1},
    rollout=closed("", strategy={"enum": ["default", "gradual"]}, propagationPolicy=TEXT),
    scalingStrategy=closed("strategy", strategy={"enum": ["default", "accurate", "eager"]}),
    triggers=many(TRIGGER),
)
AUTHENTICATION = closed(
    "secretTargetRef", secretTargetRef=many(closed("parameter name key", parameter=TEXT, name=TEXT, key=TEXT))
)
KUSTOMIZATION = {
    "namespace": TEXT,
    "labels": many(closed("pairs", pairs={"type": "object"}, includeSelectors={"type": "boolean"})),
    "resources": many(TEXT),
    "configMapGenerator": many(
        closed("name literals", name=TEXT, literals=many({"type": "string", "pattern": "^[A-Z_]+="}))
    ),
    "secretGenerator": many(closed("name files", name=TEXT, files=many(TEXT))),
    "generatorOptions": closed("", disableNameSuffixHash={"type": "boolean"}),
    "images": many(closed("name", name=TEXT, newName=TEXT, newTag=TEXT)),
}
SCHEMAS = {
    "ScaledJob": kind("keda.sh/v1alpha1", "ScaledJob", metadata=NAMED, spec=SCALED_JOB),
    "TriggerAuthentication": kind("keda.sh/v1alpha1", "TriggerAuthentication", metadata=NAMED, spec=AUTHENTICATION),
    "Kustomization": kind(
        "kustomize.config.k8s.io/v1beta1", "Kustomization", "configMapGenerator generatorOptions", **KUSTOMIZATION
    ),
}


def documents() -> Iterator[Document]:
    for path in sorted(FOLDER.glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text("utf-8"))


def the(name: str) -> Document:
    """The first document of a kind."""
    return copy.deepcopy(next(document for document in documents() if document["kind"] == name))


def label(document: Document) -> str:
    return f"{document['kind']}-{document.get('metadata', {}).get('name', '')}"


def check(document: Document, release: str) -> None:
    """Raises where a cluster of this release would refuse the document."""
    if document["apiVersion"] not in OTHERS:
        kubernetes_validate.validate(document, release, strict=True)
        return
    jsonschema.Draft202012Validator(SCHEMAS[document["kind"]]).validate(document)
    if document["kind"] == "ScaledJob":
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "worker"}}
        kubernetes_validate.validate({**job, "spec": document["spec"]["jobTargetRef"]}, release, strict=True)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("document", list(documents()), ids=label)
def test_a_cluster_would_take_it(document: Document, release: str) -> None:
    check(document, release)


def misspelt_pod_key(document: Document) -> None:
    document["spec"]["template"]["spec"]["restartPolice"] = "Always"


def misspelt_probe_key(document: Document) -> None:
    document["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["timeout"] = 5


def text_for_a_number(document: Document) -> None:
    document["spec"]["replicas"] = "1"


def container_without_a_name(document: Document) -> None:
    del document["spec"]["template"]["spec"]["containers"][0]["name"]


def no_selector(document: Document) -> None:
    del document["spec"]["selector"]


def misspelt_key_of_the_scaled_job(document: Document) -> None:
    document["spec"]["maxReplicas"] = 5


def number_for_a_text(document: Document) -> None:
    document["spec"]["triggers"][0]["metadata"]["targetQueryValue"] = 32


def misspelt_key_of_its_pod(document: Document) -> None:
    document["spec"]["jobTargetRef"]["template"]["spec"]["gracePeriodSeconds"] = 120


def no_container_of_its_pod(document: Document) -> None:
    del document["spec"]["jobTargetRef"]["template"]["spec"]["containers"]


DEPLOYMENT = (misspelt_pod_key, misspelt_probe_key, text_for_a_number, container_without_a_name, no_selector)
JOB = (misspelt_key_of_the_scaled_job, number_for_a_text, misspelt_key_of_its_pod, no_container_of_its_pod)
SPOILT = [("Deployment", spoil) for spoil in DEPLOYMENT] + [("ScaledJob", spoil) for spoil in JOB]


@pytest.mark.parametrize(("name", "spoil"), SPOILT)
def test_what_a_cluster_would_refuse_is_refused(name: str, spoil: Callable[[Document], None]) -> None:
    document = the(name)
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        check(document, RELEASES[-1])


def test_what_scales_is_allowed_to_read_the_queue() -> None:
    trigger = the("ScaledJob")["spec"]["triggers"][0]
    authentication = the("TriggerAuthentication")
    secret = authentication["spec"]["secretTargetRef"][0]
    generated = the("Kustomization")["secretGenerator"][0]
    assert trigger["authenticationRef"]["name"] == authentication["metadata"]["name"]
    assert secret["parameter"] == "connection"
    assert secret["name"] == generated["name"]
    assert secret["key"] in {Path(file).name for file in generated["files"]}
