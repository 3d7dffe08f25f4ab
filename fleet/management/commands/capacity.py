"""`manage.py capacity offers|buy|list|keep|share`: capacity that is paid for whether it is used or not."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fleet.domain.refusals import Refused
from fleet.models import CloudAccount, PaidCapacity, Project
from fleet.services import block_offers, buying_blocks
from fleet.services.access import caller_at_the_server
from fleet.services.accounts import enabled
from fleet.services.block_offers import Offered, Wanted
from fleet.services.clock import business_now
from fleet.services.paid_capacity import assign, room, share, usable_until

COMMAND = "manage.py capacity"
WHO = caller_at_the_server(COMMAND)


class Command(BaseCommand):
    help = "Show capacity blocks for sale, buy one, list the reservations and blocks there are, or say who may use one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        offers = verbs.add_parser("offers", help="capacity blocks for sale; nothing is bought")
        offers.add_argument("--account", action="append", default=[], help="may be given again; none: every account")
        offers.add_argument("--accelerator", default="", help="as the catalogue calls it, such as H100")
        offers.add_argument("--count", type=int, default=0, help="accelerators")
        offers.add_argument("--instance-type", default="", help="instead of an accelerator")
        offers.add_argument("--machines", type=int, default=0)
        offers.add_argument("--hours", type=int, required=True)
        offers.add_argument("--region", default="", help="none: every region of the account")
        offers.add_argument("--earliest", default="", help="start, in ISO 8601")
        offers.add_argument("--latest", default="", help="end, in ISO 8601")
        buy = verbs.add_parser("buy", help="buy the block of an offer: its whole fee is owed at once")
        buy.add_argument("offer", help="as `offers` named it")
        buy.add_argument("--project", required=True, help="who pays: a project's slug")
        buy.add_argument("--yes", action="store_true", help="buy it; without this only the budgets are asked")
        listed = verbs.add_parser("list", help="the reservations and blocks there are")
        keep = verbs.add_parser("keep", help="say which project keeps a reservation that was found in an account")
        keep.add_argument("paid_capacity", help="its id, as `list` names it")
        keep.add_argument("--project", default="", help="its slug; none: no project keeps it, so every one may use it")
        share = verbs.add_parser("share", help="let every project use what one keeps, or that one alone again")
        share.add_argument("paid_capacity", help="its id, as `list` names it")
        share.add_argument("--off", action="store_true", help="only the project that keeps it may use it from now on")
        for verb in (offers, buy, listed, keep, share):
            verb.add_argument("--json", action="store_true")

    def handle(self, *args: Any, verb: str, **said: Any) -> None:
        try:
            self._verbs()[verb](**said)
        except Refused as error:
            raise CommandError(error.sentence) from error

    def _verbs(self) -> dict[str, Callable[..., None]]:
        return {"offers": self._offers, "buy": self._buy, "list": self._list, "keep": self._keep, "share": self._share}

    def _offers(self, **said: Any) -> None:
        accounts, now = _accounts(said["account"]), business_now()
        found = block_offers.offers(_wanted(said), accounts=accounts, to=WHO.principal, now=now)
        if said["json"]:
            self.stdout.write(json.dumps({"offers": [_offer_json(one) for one in found]}))
            return
        lines = [f"{_line(one)}\n  {one.name}" for one in found] or ["Nothing is for sale."]
        self.stdout.write("\n".join(lines))

    def _buy(self, *, offer: str, project: str, yes: bool, **said: Any) -> None:
        offered = block_offers.named(offer, to=WHO.principal)
        payer = _project(project)
        asked: dict[str, Any] = {"project": payer, "by": caller_at_the_server(COMMAND, payer), "now": business_now()}
        bought = None
        if yes:
            bought = buying_blocks.request_purchase(offered, **asked)
        else:
            buying_blocks.check_purchase(offered, **asked)
        if said["json"]:
            purchase = bought.public_id if bought else None
            self.stdout.write(json.dumps({"purchase": purchase, "offer": block_offers.told(offered)}))
        else:
            done = f"Being bought as {bought.public_id}." if bought else "The budgets have room. Add --yes to buy it."
            self.stdout.write(f"{_line(offered)}\n{done}")

    def _list(self, **said: Any) -> None:
        rows = list(PaidCapacity.objects.with_room().select_related("account", "project").order_by("id"))
        if said["json"]:
            self.stdout.write(json.dumps({"paid_capacity": [_row_json(row) for row in rows]}))
            return
        self.stdout.write("\n".join(map(_row_line, rows)) or "No account pays for capacity it keeps.")

    def _share(self, *, paid_capacity: str, off: bool, **said: Any) -> None:
        found = _paid_capacity(paid_capacity)
        by = caller_at_the_server(COMMAND, *filter(None, [found.project]))
        self._tell(share(found, shared=not off, by=by, now=business_now()), as_json=said["json"])

    def _keep(self, *, paid_capacity: str, project: str, **said: Any) -> None:
        keeper = _project(project) if project else None
        row = assign(_paid_capacity(paid_capacity), keeper, by=WHO, now=business_now())
        self._tell(row, as_json=said["json"])

    def _tell(self, changed: PaidCapacity, *, as_json: bool) -> None:
        row = PaidCapacity.objects.with_room().select_related("account", "project").get(pk=changed.pk)
        self.stdout.write(json.dumps(_row_json(row)) if as_json else _row_line(row))


def _project(slug: str) -> Project:
    """Raises Refused where there is none of that name."""
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        raise Refused("unknown-project", f"There is no project {slug[:60]!r}.")
    return found


def _paid_capacity(public_id: str) -> PaidCapacity:
    """Raises Refused where there is none of that id."""
    found = PaidCapacity.objects.select_related("project").filter(public_id=public_id).first()
    if found is None:
        raise Refused("unknown-paid-capacity", f"There is no paid capacity {public_id[:60]!r}.")
    return found


def _wanted(said: dict[str, Any]) -> Wanted:
    """Raises Refused for what cannot be asked."""
    by_type = said["instance_type"] and said["machines"] > 0
    by_chip = said["accelerator"] and said["count"] > 0
    if bool(by_type) == bool(by_chip):
        raise Refused("block", "Give --accelerator with --count, or --instance-type with --machines.")
    if said["hours"] < 1:
        raise Refused("block", "Give --hours as a number above 0.")
    return Wanted(
        said["hours"],
        instance_type=said["instance_type"],
        machines=said["machines"],
        accelerator=said["accelerator"],
        accelerator_count=said["count"],
        region=said["region"],
        earliest=_time(said["earliest"], "--earliest"),
        latest=_time(said["latest"], "--latest"),
    )


def _time(text: str, option: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("block", f"Give {option} in ISO 8601, such as 2026-12-01T11:30Z.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _accounts(names: Sequence[str]) -> list[CloudAccount]:
    known = {account.name: account for account in enabled()}
    for name in names:
        if name not in known:
            raise Refused("unknown-account", f"No account called {name[:60]!r} is bought from.")
    return [known[name] for name in names] or list(known.values())


def _offer_json(one: Offered) -> dict[str, Any]:
    told = block_offers.told(one)
    return {
        "offer": one.name,
        **told,
        "price_per_hour": str(one.price_per_hour),
        "expires_at": one.expires_at.isoformat(),
    }


def _line(one: Offered) -> str:
    offer = one.offer
    return (
        f"{offer.machines} x {offer.instance_type} in {offer.zone}, {offer.starts_at:%Y-%m-%d %H:%M} to "
        f"{offer.ends_at:%Y-%m-%d %H:%M} UTC: {offer.fee:.2f} {offer.currency} in total, "
        f"{one.price_per_hour:.2f} a machine and hour"
    )


def _row_line(row: Any) -> str:
    return (
        f"{row.public_id}  {row.ref}  {row.get_kind_display()}  {row.state}  {row.machines} x {row.instance_type} "
        f"in {row.zone}, {room(row)} free{_until(row)}, {_whose(row)}"
    )


def _whose(row: Any) -> str:
    if row.project is None:
        return "for every project"
    return f"kept by {row.project.slug}, {'for every project' if row.shared else 'for it alone'}"


def _row_json(row: Any) -> dict[str, Any]:
    until = usable_until(row)
    return {
        "id": row.public_id,
        "account": row.account.name,
        "ref": row.ref,
        "kind": row.kind,
        "project": row.project.slug if row.project else None,
        "shared": row.shared,
        "instance_type": row.instance_type,
        "zone": row.zone,
        "machines": row.machines,
        "free": room(row) if row.usable else 0,
        "state": row.state,
        "usable": row.usable,
        "starts_at": row.starts_at.isoformat() if row.starts_at else None,
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "usable_until": until.isoformat() if until else None,
        "fee": str(row.fee) if row.fee is not None else None,
        "price_per_hour": str(row.price_per_hour) if row.price_per_hour is not None else None,
        "currency": row.currency,
    }


def _until(row: PaidCapacity) -> str:
    until = usable_until(row)
    return f", until {until:%Y-%m-%d %H:%M} UTC" if until else ""
