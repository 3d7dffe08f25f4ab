from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.replica_state import ReplicaState, check_replica_state

T = TypeVar("T", bound="ReplicaOut")


@_attrs_define
class ReplicaOut:
    """Times are business time.

    Attributes:
        id (str):
        endpoint (str):
        endpoint_name (str):
        project (str):
        serving_config (str):
        slot (str): Of its machine: GET /instances says which machine is on it
        ordinal (int): Counts the replicas of its endpoint
        state (ReplicaState): * `pending` - PENDING
            * `starting` - STARTING
            * `loading` - LOADING
            * `ready` - READY
            * `not-ready` - NOT_READY
            * `asleep` - ASLEEP
            * `draining` - DRAINING
            * `stopped` - STOPPED
            * `failed` - FAILED
        reason (str):
        detail (str):
        since (datetime.datetime):
        weight (int): What routers are told; 0 takes no new work
        accelerator (str):
        accelerator_count (int):
        cloud (None | str):
        zone (str):
        capacity_type (str):
        price_per_hour (None | str): Of its machine, in USD
        requested_at (datetime.datetime):
        started_at (datetime.datetime | None):
        ready_at (datetime.datetime | None):
        drain_started_at (datetime.datetime | None):
        drain_until (datetime.datetime | None): What still runs then is cut
        stopped_at (datetime.datetime | None):
        last_scraped_at (datetime.datetime | None):
        scrape_failures (int): In a row
    """

    id: str
    endpoint: str
    endpoint_name: str
    project: str
    serving_config: str
    slot: str
    ordinal: int
    state: ReplicaState
    reason: str
    detail: str
    since: datetime.datetime
    weight: int
    accelerator: str
    accelerator_count: int
    cloud: None | str
    zone: str
    capacity_type: str
    price_per_hour: None | str
    requested_at: datetime.datetime
    started_at: datetime.datetime | None
    ready_at: datetime.datetime | None
    drain_started_at: datetime.datetime | None
    drain_until: datetime.datetime | None
    stopped_at: datetime.datetime | None
    last_scraped_at: datetime.datetime | None
    scrape_failures: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        endpoint = self.endpoint

        endpoint_name = self.endpoint_name

        project = self.project

        serving_config = self.serving_config

        slot = self.slot

        ordinal = self.ordinal

        state: str = self.state

        reason = self.reason

        detail = self.detail

        since = self.since.isoformat()

        weight = self.weight

        accelerator = self.accelerator

        accelerator_count = self.accelerator_count

        cloud: None | str
        cloud = self.cloud

        zone = self.zone

        capacity_type = self.capacity_type

        price_per_hour: None | str
        price_per_hour = self.price_per_hour

        requested_at = self.requested_at.isoformat()

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        ready_at: None | str
        if isinstance(self.ready_at, datetime.datetime):
            ready_at = self.ready_at.isoformat()
        else:
            ready_at = self.ready_at

        drain_started_at: None | str
        if isinstance(self.drain_started_at, datetime.datetime):
            drain_started_at = self.drain_started_at.isoformat()
        else:
            drain_started_at = self.drain_started_at

        drain_until: None | str
        if isinstance(self.drain_until, datetime.datetime):
            drain_until = self.drain_until.isoformat()
        else:
            drain_until = self.drain_until

        stopped_at: None | str
        if isinstance(self.stopped_at, datetime.datetime):
            stopped_at = self.stopped_at.isoformat()
        else:
            stopped_at = self.stopped_at

        last_scraped_at: None | str
        if isinstance(self.last_scraped_at, datetime.datetime):
            last_scraped_at = self.last_scraped_at.isoformat()
        else:
            last_scraped_at = self.last_scraped_at

        scrape_failures = self.scrape_failures

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "endpoint": endpoint,
                "endpoint_name": endpoint_name,
                "project": project,
                "serving_config": serving_config,
                "slot": slot,
                "ordinal": ordinal,
                "state": state,
                "reason": reason,
                "detail": detail,
                "since": since,
                "weight": weight,
                "accelerator": accelerator,
                "accelerator_count": accelerator_count,
                "cloud": cloud,
                "zone": zone,
                "capacity_type": capacity_type,
                "price_per_hour": price_per_hour,
                "requested_at": requested_at,
                "started_at": started_at,
                "ready_at": ready_at,
                "drain_started_at": drain_started_at,
                "drain_until": drain_until,
                "stopped_at": stopped_at,
                "last_scraped_at": last_scraped_at,
                "scrape_failures": scrape_failures,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        endpoint = d.pop("endpoint")

        endpoint_name = d.pop("endpoint_name")

        project = d.pop("project")

        serving_config = d.pop("serving_config")

        slot = d.pop("slot")

        ordinal = d.pop("ordinal")

        state = check_replica_state(d.pop("state"))

        reason = d.pop("reason")

        detail = d.pop("detail")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        weight = d.pop("weight")

        accelerator = d.pop("accelerator")

        accelerator_count = d.pop("accelerator_count")

        def _parse_cloud(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cloud = _parse_cloud(d.pop("cloud"))

        zone = d.pop("zone")

        capacity_type = d.pop("capacity_type")

        def _parse_price_per_hour(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        price_per_hour = _parse_price_per_hour(d.pop("price_per_hour"))

        requested_at = datetime.datetime.fromisoformat(d.pop("requested_at"))

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("started_at"))

        def _parse_ready_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ready_at_type_0 = datetime.datetime.fromisoformat(data)

                return ready_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ready_at = _parse_ready_at(d.pop("ready_at"))

        def _parse_drain_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                drain_started_at_type_0 = datetime.datetime.fromisoformat(data)

                return drain_started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        drain_started_at = _parse_drain_started_at(d.pop("drain_started_at"))

        def _parse_drain_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                drain_until_type_0 = datetime.datetime.fromisoformat(data)

                return drain_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        drain_until = _parse_drain_until(d.pop("drain_until"))

        def _parse_stopped_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                stopped_at_type_0 = datetime.datetime.fromisoformat(data)

                return stopped_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        stopped_at = _parse_stopped_at(d.pop("stopped_at"))

        def _parse_last_scraped_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_scraped_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_scraped_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_scraped_at = _parse_last_scraped_at(d.pop("last_scraped_at"))

        scrape_failures = d.pop("scrape_failures")

        replica_out = cls(
            id=id,
            endpoint=endpoint,
            endpoint_name=endpoint_name,
            project=project,
            serving_config=serving_config,
            slot=slot,
            ordinal=ordinal,
            state=state,
            reason=reason,
            detail=detail,
            since=since,
            weight=weight,
            accelerator=accelerator,
            accelerator_count=accelerator_count,
            cloud=cloud,
            zone=zone,
            capacity_type=capacity_type,
            price_per_hour=price_per_hour,
            requested_at=requested_at,
            started_at=started_at,
            ready_at=ready_at,
            drain_started_at=drain_started_at,
            drain_until=drain_until,
            stopped_at=stopped_at,
            last_scraped_at=last_scraped_at,
            scrape_failures=scrape_failures,
        )

        replica_out.additional_properties = d
        return replica_out

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
