"""Whether an object is what Kubernetes takes and gives, by its own schema; the server's answers are held to it too."""

from __future__ import annotations

from typing import Any

import kubernetes_validate

VERSION = "1.37"
# Own kinds of the cluster have no schema there: the fields that may be in their spec.
OWN = {"LeaderWorkerSet": {"replicas", "leaderWorkerTemplate", "rolloutStrategy", "startupPolicy", "networkConfig"}}
OWN_TEMPLATE = {"leaderTemplate", "workerTemplate", "size", "restartPolicy", "subGroupPolicy"}


def faults_of(body: dict[str, Any]) -> str:
    """What is wrong with an object, in a sentence; empty when all is well."""
    kind = str(body.get("kind"))
    if kind in OWN:
        spec = body.get("spec") or {}
        group = spec.get("leaderWorkerTemplate") or {}
        unknown = (set(spec) - OWN[kind]) | (set(group) - OWN_TEMPLATE)
        if unknown or "workerTemplate" not in group:
            return f"strict decoding error: unknown or missing field {sorted(unknown)}"
        template = {"metadata": {"name": "worker", **group["workerTemplate"].get("metadata", {})}}
        pod = {"apiVersion": "v1", "kind": "Pod", **template, "spec": group["workerTemplate"]["spec"]}
        return faults_of(pod) or _meaning(pod["spec"])
    try:
        kubernetes_validate.validate(body, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path))}: {error.message}"[:500]
    template = (body.get("spec") or {}).get("template") or {}
    return _meaning(body.get("spec") or {} if kind == "Pod" else template.get("spec") or {})


def _meaning(spec: dict[str, Any]) -> str:
    """What the schema lets through and the server does not."""
    for container in spec.get("containers") or ():
        said = container.get("resources") or {}
        for name, asked in (said.get("requests") or {}).items():
            if "/" in name and (said.get("limits") or {}).get(name) != asked:
                return f"spec.containers[0].resources.limits: Required value: Limit must be set for {name}"
    volumes = {volume["name"] for volume in spec.get("volumes") or ()}
    for container in spec.get("containers") or ():
        for mount in container.get("volumeMounts") or ():
            if mount["name"] not in volumes:
                return f"spec.containers[0].volumeMounts[0].name: Not found: {mount['name']!r}"
    return ""
