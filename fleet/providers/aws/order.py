"""A launch as EC2 wants it said. The same request gives the same words, or EC2 takes it for another one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

from fleet.domain.capacity import RESERVED
from fleet.domain.outcomes import LaunchRequest, PaidKind

# AWS keeps the newest image with NVIDIA's driver under this name; RunInstances looks it up itself. [R]
DEFAULT_IMAGE = "resolve:ssm:/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id"
# The same for machines of Trainium and Inferentia, with the Neuron driver. [R]
NEURON_IMAGE = "resolve:ssm:/aws/service/neuron/dlami/multi-framework/ubuntu-22.04/latest/image_id"
NEURON = ("inf", "trn")
LOOKED_UP = "resolve:ssm:"
ROOT_DEVICE = "/dev/sda1"
MOST_USER_DATA_BYTES = 16_384
LONGEST_TOKEN = 64


def run_instances(request: LaunchRequest, options: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of RunInstances for one machine. Raises ValueError, with a sentence, for what EC2 cannot do."""
    if not request.token or len(request.token) > LONGEST_TOKEN or not request.token.isascii():
        raise ValueError(f"A token for EC2 has 1 to {LONGEST_TOKEN} ASCII characters.")
    tags = [{"Key": key, "Value": value} for key, value in sorted(request.tags.items())]
    said: dict[str, Any] = {
        "ClientToken": request.token,
        "MinCount": 1,
        "MaxCount": 1,
        "InstanceType": request.instance_type,
        "ImageId": request.image or _own_image(request, options),
        "Placement": {"AvailabilityZone": request.zone},
        "InstanceInitiatedShutdownBehavior": "terminate",
        "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        "BlockDeviceMappings": [
            {
                "DeviceName": options.get("root_device") or ROOT_DEVICE,
                "Ebs": {"VolumeSize": request.disk_gib, "VolumeType": "gp3", "DeleteOnTermination": True},
            }
        ],
        "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume") if tags],
    }
    if user_data := _user_data(request):
        said["UserData"] = user_data
    if subnet := (options.get("subnets") or {}).get(request.zone):
        said["SubnetId"] = subnet
    if groups := options.get("security_groups"):
        said["SecurityGroupIds"] = list(groups)
    if profile := options.get("instance_profile"):
        said["IamInstanceProfile"] = {"Arn" if str(profile).startswith("arn:") else "Name": profile}
    if request.capacity_type == "spot":
        said["InstanceMarketOptions"] = {
            "MarketType": "spot",
            "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
        }
    if request.reservation:
        target = {"CapacityReservationId": request.reservation}
        said["CapacityReservationSpecification"] = {"CapacityReservationTarget": target}
        if request.reservation_kind == PaidKind.BLOCK:
            said["InstanceMarketOptions"] = {"MarketType": "capacity-block"}
    elif request.capacity_type == RESERVED:
        raise ValueError("A machine of paid capacity needs the reservation it goes into.")
    return said


def image_parameters(options: Mapping[str, Any]) -> list[str]:
    """The parameters of Systems Manager in which the account's own images are looked up when a machine starts."""
    images = (str(options.get("image") or DEFAULT_IMAGE), str(options.get("neuron_image") or NEURON_IMAGE))
    return [image.removeprefix(LOOKED_UP) for image in images if image.startswith(LOOKED_UP)]


def _own_image(request: LaunchRequest, options: Mapping[str, Any]) -> str:
    if request.instance_type.startswith(NEURON):
        return str(options.get("neuron_image") or NEURON_IMAGE)
    return str(options.get("image") or DEFAULT_IMAGE)


def _user_data(request: LaunchRequest) -> str:
    """What the machine runs at its first start. Keys go in as a part beside it, so that it may be of any kind."""
    if not request.ssh_keys:
        said = request.user_data
    else:
        keys = "#cloud-config\nssh_authorized_keys:\n" + "".join(f"  - {key}\n" for key in request.ssh_keys)
        digest = hashlib.sha256((keys + request.user_data).encode()).hexdigest()
        parts = MIMEMultipart(boundary=f"purser-{digest[:32]}")
        parts.attach(MIMEText(keys, "cloud-config", "utf-8"))
        if request.user_data:
            parts.attach(MIMEText(request.user_data, _kind(request.user_data), "utf-8"))
        said = parts.as_string()
    if len(said.encode()) > MOST_USER_DATA_BYTES:
        raise ValueError(f"EC2 takes {MOST_USER_DATA_BYTES} bytes of user data, keys included.")
    return said


def _kind(text: str) -> str:
    return "cloud-config" if text.startswith("#cloud-config") else "x-shellscript"
