"""Nodes of a cluster that machines of ours are on: cordoned, uncordoned, and emptied before somebody works on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount
from fleet.providers.base import Eviction, KeepsNodes, ReadFailed
from fleet.services import events, signals
from fleet.services.access import Caller
from fleet.services.accounts import adapter


def cordon(account: CloudAccount, node: str, *, takes_work: bool, by: Caller, now: datetime) -> None:
    """No new machine goes there any more, or some do again; what is there stays. Raises Refused."""
    cluster = _cluster(account, by)
    try:
        cluster.cordon(node, takes_work=takes_work)
    except ReadFailed as error:
        signals.count_unclassified(account.cloud, error.meaning, now=now)
        raise Refused("node", str(error)) from error
    _say("node.uncordoned" if takes_work else "node.cordoned", account, node, by, now)


def empty(account: CloudAccount, node: str, *, by: Caller, now: datetime) -> Sequence[Eviction]:
    """Cordon it, and ask each machine of ours to go to another node. One that may not be disturbed now waits.

    Nothing is forced: ask again until none waits. Raises Refused.
    """
    cluster = _cluster(account, by)
    try:
        told = cluster.empty(node)
    except ReadFailed as error:
        signals.count_unclassified(account.cloud, error.meaning, now=now)
        raise Refused("node", str(error)) from error
    _say("node.emptied", account, node, by, now, left=sum(one.left for one in told), machines=len(told))
    return told


def _cluster(account: CloudAccount, by: Caller) -> KeepsNodes:
    by.require("installation:write", None)
    cloud = adapter(account)
    if account.provider != "kubernetes":
        raise Refused("node", f"{account.name} is no cluster: its machines are on no nodes that Purser could cordon.")
    if not account.options.get("cordon_nodes"):
        sentence = (
            f"{account.name} may not cordon nodes. Set its option cordon_nodes, and grant what verify then names."
        )
        raise Refused("node", sentence)
    assert isinstance(cloud, KeepsNodes)
    return cloud


def _say(topic: str, account: CloudAccount, node: str, by: Caller, now: datetime, **data: int) -> None:
    told = {"account": account.name, "node": node, **data}
    events.record(topic, subject=account.public_id, actor=by.name, now=now, data=told)
