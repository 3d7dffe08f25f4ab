"""What custom resources may hold, as far as we write them: schemas of our own, by apiVersion and kind.

Written from the definitions that Karpenter, Kueue, LeaderWorkerSet and the cluster autoscaler publish (2026-11).
A field that is not here is refused, so that a slip of the pen is seen.
"""

from __future__ import annotations

from typing import Any

import jsonschema

Schema = dict[str, Any]


def thing(required: str = "", /, **properties: Any) -> Schema:
    """An object with these fields and no other; the words of `required` may not be missing."""
    return {
        "type": "object",
        "required": required.split(),
        "additionalProperties": False,
        "properties": {name.removesuffix("_"): schema for name, schema in properties.items()},
    }


def list_of(items: Schema, *, least: int = 1, most: int = 100) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def matching(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^({pattern})$", "maxLength": 253}


def one_of(*values: str) -> Schema:
    return {"enum": list(values)}


NAME = matching(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
KEY = matching(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
QUANTITY = matching(r"[0-9]+([.][0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
DURATION = matching(r"([0-9]+(s|m|h))+|Never")
COUNT = {"type": "integer", "minimum": 0}
TEXTS = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 255}}
LABELS = {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63}}
QUANTITIES = {"type": "object", "additionalProperties": QUANTITY}
TEMPLATE = {"type": "object", "required": ["metadata", "spec"]}  # a pod's: Kubernetes' own schema judges it
EFFECT = one_of("NoSchedule", "PreferNoSchedule", "NoExecute")
TOLERATION = thing("key operator", key=KEY, operator=one_of("Equal", "Exists"), value={"type": "string"}, effect=EFFECT)
REQUIREMENT = thing(
    "key operator",
    key=KEY,
    operator=one_of("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"),
    values=list_of({"type": "string", "minLength": 1}),
    minValues=COUNT,
)
SELECTOR_TERMS = list_of(thing("", tags=TEXTS, id=matching("[a-z]+-[0-9a-f]+"), name={"type": "string"}))
BUDGET = thing("nodes", nodes=matching("[0-9]+|[0-9]{1,2}%|100%"), schedule={"type": "string"}, duration=DURATION)

NODE_POOL = thing(
    "template",
    template=thing(
        "spec",
        metadata=thing("", labels=LABELS, annotations=TEXTS),
        spec=thing(
            "nodeClassRef requirements",
            nodeClassRef=thing("group kind name", group=NAME, kind={"type": "string"}, name=NAME),
            requirements=list_of(REQUIREMENT),
            taints=list_of(thing("key effect", key=KEY, value={"type": "string"}, effect=EFFECT)),
            startupTaints=list_of(thing("key effect", key=KEY, value={"type": "string"}, effect=EFFECT)),
            expireAfter=DURATION,
            terminationGracePeriod=DURATION,
        ),
    ),
    limits=QUANTITIES,
    disruption=thing(
        "consolidateAfter",
        consolidationPolicy=one_of("WhenEmpty", "WhenEmptyOrUnderutilized"),
        consolidateAfter=DURATION,
        budgets=list_of(BUDGET, most=50),
    ),
    weight={"type": "integer", "minimum": 1, "maximum": 100},
)
VOLUME = thing(
    "volumeSize",
    volumeSize=QUANTITY,
    volumeType=one_of("gp3", "gp2", "io1", "io2"),
    encrypted={"type": "boolean"},
    deleteOnTermination={"type": "boolean"},
    iops=COUNT,
    throughput=COUNT,
)
EC2_NODE_CLASS = thing(
    "amiSelectorTerms subnetSelectorTerms securityGroupSelectorTerms",
    role=matching("[A-Za-z0-9+=,.@_-]+"),
    instanceProfile={"type": "string"},
    amiSelectorTerms=list_of(thing("", alias=matching("[a-z0-9]+@.+"), id=matching("ami-.+"), tags=TEXTS)),
    subnetSelectorTerms=SELECTOR_TERMS,
    securityGroupSelectorTerms=SELECTOR_TERMS,
    capacityReservationSelectorTerms=list_of(
        thing("", id=matching("cr-.+"), tags=TEXTS, ownerID=matching("[0-9]{12}"))
    ),
    metadataOptions=thing("", httpTokens=one_of("required", "optional"), httpPutResponseHopLimit=COUNT),
    blockDeviceMappings=list_of(thing("", deviceName={"type": "string"}, ebs=VOLUME, rootVolume={"type": "boolean"})),
    tags=TEXTS,
)
CLUSTER_QUEUE = thing(
    "namespaceSelector resourceGroups",
    namespaceSelector=thing("", matchLabels=LABELS, matchExpressions=list_of(REQUIREMENT)),
    queueingStrategy=one_of("BestEffortFIFO", "StrictFIFO"),
    cohortName=NAME,
    resourceGroups=list_of(
        thing(
            "coveredResources flavors",
            coveredResources=list_of(KEY, most=64),
            flavors=list_of(
                thing(
                    "name resources",
                    name=NAME,
                    resources=list_of(thing("name nominalQuota", name=KEY, nominalQuota=QUANTITY)),
                ),
                most=64,
            ),
        ),
        most=16,
    ),
    admissionChecksStrategy=thing(
        "admissionChecks", admissionChecks=list_of(thing("name", name=NAME, onFlavors=list_of(NAME)))
    ),
)
SPECS: dict[str, Schema] = {
    "karpenter.sh/v1 NodePool": NODE_POOL,
    "karpenter.k8s.aws/v1 EC2NodeClass": EC2_NODE_CLASS,
    "autoscaling.x-k8s.io/v1 ProvisioningRequest": thing(
        "provisioningClassName podSets",
        provisioningClassName=NAME,
        parameters=TEXTS,
        podSets=list_of(
            thing(
                "count podTemplateRef",
                count={"type": "integer", "minimum": 1},
                podTemplateRef=thing("name", name=NAME),
            ),
            most=32,
        ),
    ),
    "kueue.x-k8s.io/v1beta2 ResourceFlavor": thing(
        "", nodeLabels=LABELS, nodeTaints=list_of({"type": "object"}, most=8), tolerations=list_of(TOLERATION, most=8)
    ),
    "kueue.x-k8s.io/v1beta2 ClusterQueue": CLUSTER_QUEUE,
    "kueue.x-k8s.io/v1beta2 LocalQueue": thing("clusterQueue", clusterQueue=NAME),
    "kueue.x-k8s.io/v1beta2 AdmissionCheck": thing(
        "controllerName",
        controllerName=KEY,
        parameters=thing("apiGroup kind name", apiGroup=NAME, kind={"type": "string"}, name=NAME),
    ),
    "kueue.x-k8s.io/v1beta2 ProvisioningRequestConfig": thing(
        "provisioningClassName",
        provisioningClassName=NAME,
        managedResources=list_of(KEY),
        parameters=TEXTS,
        podSetUpdates=thing(
            "",
            nodeSelector=list_of(
                thing(
                    "key valueFromProvisioningClassDetail",
                    key=KEY,
                    valueFromProvisioningClassDetail={"type": "string", "minLength": 1},
                ),
                most=8,
            ),
        ),
    ),
    "leaderworkerset.x-k8s.io/v1 LeaderWorkerSet": thing(
        "leaderWorkerTemplate",
        replicas=COUNT,
        startupPolicy=one_of("LeaderCreated", "LeaderReady"),
        leaderWorkerTemplate=thing(
            "workerTemplate",
            size={"type": "integer", "minimum": 1},
            restartPolicy=one_of("RecreateGroupOnPodRestart", "None", "RecreateGroupAfterStart"),
            leaderTemplate=TEMPLATE,
            workerTemplate=TEMPLATE,
        ),
    ),
}
METADATA = thing("name", name=NAME, namespace=NAME, labels=LABELS, annotations=TEXTS)


def is_custom(one: dict[str, Any]) -> bool:
    return kind_of(one) in SPECS


def kind_of(one: dict[str, Any]) -> str:
    return f"{one['apiVersion']} {one['kind']}"


def validate(one: dict[str, Any]) -> None:
    """Raises jsonschema.ValidationError for what its definition does not know."""
    schema = thing(
        "apiVersion kind metadata spec",
        apiVersion={"const": one["apiVersion"]},
        kind={"const": one["kind"]},
        metadata=METADATA,
        spec=SPECS[kind_of(one)],
    )
    jsonschema.validate(one, schema)
