"""DescribeInstances and TerminateInstances, with the filters, pages, states and lag that moto leaves out."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from tests.emulators.aws.ask import Ask
from tests.emulators.aws.machines import Machine, now, state_of
from tests.emulators.aws.paging import filters, matching, page, tagged
from tests.emulators.aws.wire import Refused

_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
# What a filter looks at, when that is a text of the instance itself.
FIELDS = {
    "image-id": "ImageId",
    "instance-id": "InstanceId",
    "instance-lifecycle": "InstanceLifecycle",
    "instance-type": "InstanceType",
    "client-token": "ClientToken",
    "spot-instance-request-id": "SpotInstanceRequestId",
    "capacity-reservation-id": "CapacityReservationId",
    "private-ip-address": "PrivateIpAddress",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
}
OTHERS = ("availability-zone", "instance-state-code", "instance-state-name", "reservation-id", "tag-key")
Row = tuple[dict[str, Any], dict[str, Any]]  # a reservation and one of its instances


def describe_instances(ask: Ask) -> dict[str, Any]:
    """The answer to DescribeInstances. Raises Refused."""
    params = ask.params
    asked, ids = filters(params, [*FIELDS, *OTHERS]), list(params.get("InstanceIds") or [])
    if ids and params.get("MaxResults"):
        told = "The parameter instancesSet cannot be used with the parameter maxResults"
        raise Refused("InvalidParameterCombination", told)
    rows = _rows(ask)
    if ids:
        _check_ids(ids, {instance["InstanceId"] for _, instance in rows})
        rows = [row for row in rows if row[1]["InstanceId"] in ids]
    rows = matching(rows, asked, _values)
    got, following = page(rows, params, least=5, most=1000)
    reservations = [
        {**reservation, "Instances": [instance for _, instance in group]}
        for reservation, group in ((group[0][0], group) for group in _grouped(got))
    ]
    return {"Reservations": reservations, **({"NextToken": following} if following else {})}


def terminate_instances(ask: Ask) -> dict[str, Any]:
    """The answer to TerminateInstances. Raises Refused, and ends none, when one of them is unknown."""
    ids = list(ask.params.get("InstanceIds") or [])
    own = {machine.id: machine for machine in _own(ask)}
    _check_ids(ids, set(own))
    if ask.params.get("DryRun"):
        raise Refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    changes = []
    for machine in (own[machine_id] for machine_id in ids):
        at = now()
        before = machine.state(at, ask.world.delays)
        if machine.live(at):
            machine.ends_at, machine.ended_by_aws = at, False
        after = machine.state(at, ask.world.delays)
        changes.append({"InstanceId": machine.id, "PreviousState": state_of(before), "CurrentState": state_of(after)})
    return {"TerminatingInstances": changes}


def _rows(ask: Ask) -> list[Row]:
    at = now()
    plain = ask.plain("DescribeInstances")
    shown = {machine.id: machine for machine in _own(ask) if machine.shown(at, ask.world.delays)}
    rows = {
        instance["InstanceId"]: (reservation, shown[instance["InstanceId"]].as_told(instance, at, ask.world.delays))
        for reservation in plain["Reservations"]
        for instance in reservation["Instances"]
        if instance["InstanceId"] in shown
    }
    return [rows[machine_id] for machine_id in shown if machine_id in rows]


def _own(ask: Ask) -> list[Machine]:
    """In the order they were made."""
    return [
        machine
        for machine in ask.world.machines.values()
        if (machine.account, machine.region) == (ask.account, ask.region)
    ]


def _grouped(rows: Any) -> list[list[Row]]:
    return [list(group) for _, group in groupby(rows, key=lambda row: row[0]["ReservationId"])]


def _check_ids(ids: list[str], known: set[str]) -> None:
    for malformed in (item for item in ids if not _ID.fullmatch(item)):
        raise Refused("InvalidInstanceID.Malformed", f'Invalid id: "{malformed}"')
    if missing := [item for item in ids if item not in known]:
        several = f"instance IDs '{', '.join(missing)}' do" if len(missing) > 1 else f"instance ID '{missing[0]}' does"
        raise Refused("InvalidInstanceID.NotFound", f"The {several} not exist")


def _values(row: Row, name: str) -> list[str]:
    reservation, instance = row
    match name:
        case "instance-state-name":
            return [instance["State"]["Name"]]
        case "instance-state-code":
            return [str(instance["State"]["Code"])]
        case "availability-zone":
            return [instance["Placement"]["AvailabilityZone"]]
        case "reservation-id":
            return [reservation["ReservationId"]]
    if name in FIELDS:
        return [instance[FIELDS[name]]] if instance.get(FIELDS[name]) else []
    return tagged(instance.get("Tags") or [], name)
