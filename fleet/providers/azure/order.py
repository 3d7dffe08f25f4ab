"""A launch as Azure wants it said: a Put of a virtual machine under a name that the token gives."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fleet.domain.outcomes import LaunchRequest
from fleet.providers.azure.reservations import group_of
from fleet.providers.azure.shapes import zone_number

DEFAULT_IMAGE = "microsoft-dsvm:ubuntu-hpc:2204:latest"  # Ubuntu with NVIDIA's driver. [R]
DEFAULT_USER = "ubuntu"
NETWORK_API = "2022-11-01"
MOST_USER_DATA_BYTES = 65_535
LONGEST_TAG = 256
TOKEN_TAG, REQUEST_TAG = "purser-token", "purser-request"
DISK, INTERFACE = "os", "nic"
DELETE, DEALLOCATE = "Delete", "Deallocate"


def name_of(token: str) -> str:
    """The name of the machine that a token makes: the same token is the same machine because names are."""
    return f"purser-{hashlib.sha256(token.encode()).hexdigest()[:24]}"


def digest_of(request: LaunchRequest) -> str:
    """What tells a request from another one under the same token."""
    return hashlib.sha256(json.dumps(request.as_json(), sort_keys=True).encode()).hexdigest()


def virtual_machine(request: LaunchRequest, options: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the Put. Raises ValueError, with a sentence, for what cannot be said."""
    if not request.token or len(request.token) > LONGEST_TAG or not request.token.isprintable():
        raise ValueError(f"A token for Azure has 1 to {LONGEST_TAG} printable characters.")
    name, zone = name_of(request.token), zone_number(request.region, request.zone)
    tags = {**request.tags, TOKEN_TAG: request.token, REQUEST_TAG: digest_of(request)}
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": request.instance_type},
        "storageProfile": {
            "imageReference": _image(request.image or options.get("image") or DEFAULT_IMAGE),
            "osDisk": {
                "name": f"{name}-{DISK}",
                "createOption": "FromImage",
                "deleteOption": "Delete",
                "diskSizeGB": request.disk_gib,
                "managedDisk": {"storageAccountType": options.get("disk_type") or "Premium_LRS"},
            },
        },
        "osProfile": _login(name, request, str(options.get("admin_user") or DEFAULT_USER)),
        "networkProfile": _network(name, request.region, options, tags),
        **_bought(request, options),
    }
    return {
        "location": request.region,
        **({"zones": [zone]} if zone else {}),
        "tags": tags,
        "properties": properties,
    }


def _bought(request: LaunchRequest, options: Mapping[str, Any]) -> dict[str, Any]:
    """How it is paid for. Azure takes no spot machine into a reservation."""
    if request.reservation or request.capacity_type == "reserved":
        if request.capacity_type != "reserved" or not request.reservation:
            raise ValueError("A machine in a reservation is of the capacity type reserved, and names its reservation.")
        return {"capacityReservation": {"capacityReservationGroup": {"id": group_of(request.reservation)[0]}}}
    if request.capacity_type == "spot":
        policy = options.get("eviction_policy") or DELETE
        # At most the price on demand, which is what -1 says.
        return {"priority": "Spot", "evictionPolicy": policy, "billingProfile": {"maxPrice": -1}}
    return {}


def _image(text: str) -> dict[str, str]:
    if text.startswith("/"):
        return {"id": text}
    parts = text.split(":")
    if len(parts) != 4 or not all(parts):
        raise ValueError("An image on Azure is publisher:offer:sku:version, or the id of one's own.")
    return dict(zip(("publisher", "offer", "sku", "version"), parts, strict=True))


def _login(name: str, request: LaunchRequest, user: str) -> dict[str, Any]:
    path = f"/home/{user}/.ssh/authorized_keys"
    keys = request.ssh_keys or (_thrown_away_key(),)
    login: dict[str, Any] = {
        "computerName": name,
        "adminUsername": user,
        "linuxConfiguration": {
            "disablePasswordAuthentication": True,
            "ssh": {"publicKeys": [{"path": path, "keyData": key} for key in keys]},
        },
    }
    if request.user_data:
        data = request.user_data.encode()
        if len(data) > MOST_USER_DATA_BYTES:
            raise ValueError(f"Azure takes {MOST_USER_DATA_BYTES} bytes of user data.")
        login["customData"] = base64.b64encode(data).decode()
    return login


def _thrown_away_key() -> str:
    """Azure makes no Linux machine without a way in: this one's private half is kept by nobody."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    public = ed25519.Ed25519PrivateKey.generate().public_key()
    openssh = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return public.public_bytes(*openssh).decode()


def _network(name: str, region: str, options: Mapping[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """An interface that is made and deleted with the machine. Name and tags tell whose it is, should it stay."""
    subnet = (options.get("subnets") or {}).get(region)
    if not subnet:
        raise ValueError(f"The account needs the option subnets with the id of a subnet for {region}.")
    interface: dict[str, Any] = {
        "primary": True,
        "deleteOption": "Delete",
        "ipConfigurations": [{"name": "ip", "properties": {"primary": True, "subnet": {"id": str(subnet)}}}],
    }
    if group := (options.get("security_groups") or {}).get(region):
        interface["networkSecurityGroup"] = {"id": str(group)}
    return {
        "networkApiVersion": NETWORK_API,
        "networkInterfaceConfigurations": [
            {"name": f"{name}-{INTERFACE}", "tags": dict(tags), "properties": interface}
        ],
    }
