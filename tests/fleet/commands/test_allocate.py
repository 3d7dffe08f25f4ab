"""`manage.py allocate`: a plan first, and a purchase only on somebody's word."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from fleet.models import Allocation, CloudAccount, Event, InstanceType, Offering, Project, Quota
from fleet.services.clock import business_now
from tests import factories

pytestmark = pytest.mark.django_db
ASKED = ["--project=research", "--accelerator=H100", "--count=200", "--gang"]


@pytest.fixture(autouse=True)
def sold() -> None:
    """Eight H100 a machine in two clouds, the second dearer."""
    Project.objects.create(slug="research", name="Research")
    for cloud, shape, price in (("aws", "p5.48xlarge", "55.04"), ("gcp", "a3-highgpu-8g", "87.83")):
        account = CloudAccount.objects.create(cloud=cloud, provider="sandbox", name=cloud)
        kind = InstanceType.objects.create(cloud=cloud, name=shape, accelerator="H100", accelerator_count=8)
        Offering.objects.create(
            account=account, instance_type=kind, region="r", zone="r-a", capacity_type="on-demand",
            price_per_hour=Decimal(price), observed_at=business_now(),
        )  # fmt: skip


def told(*arguments: str) -> Any:
    out = StringIO()
    call_command("allocate", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_count_is_of_accelerators_and_nothing_is_bought_by_looking():
    said = told(*ASKED)
    assert [(choice["machines"], choice["cloud"]) for choice in said["plan"]["chosen"]] == [(25, "aws")]
    assert Decimal(said["plan"]["price_per_hour"]) == 25 * Decimal("55.04")
    assert said["allocation"] is None
    assert not Allocation.objects.exists()


def test_on_a_word_it_is_asked_for():
    said = told(*ASKED, "--ttl=24h", "--cloud=gcp", "--max-price=90", "--yes")
    allocation = Allocation.objects.get(public_id=said["allocation"])
    assert (allocation.accelerator_count, allocation.gang, allocation.clouds) == (200, True, ["gcp"])
    assert allocation.max_price_per_hour == 90
    assert allocation.expires_at is not None
    assert Event.objects.get(topic="allocation.requested").actor == "manage.py allocate"


def test_people_read_the_choice_the_next_best_and_the_losers():
    out = StringIO()
    call_command("allocate", *ASKED, "--max-price=60", stdout=out)
    said = out.getvalue()
    assert "25 x aws r-a p5.48xlarge on-demand (aws): 1376.00 USD/h" in said
    assert "1 skipped: over the limit of price" in said
    assert said.rstrip().endswith("Nothing was asked for: add --yes.")


def test_what_comes_after_the_choice_is_told_for_all_that_is_asked_too():
    out = StringIO()
    call_command("allocate", *ASKED, "--dry-run", stdout=out)
    assert "  or 25 x gcp r-a a3-highgpu-8g on-demand (gcp): 2195.75 USD/h" in out.getvalue()
    assert not Allocation.objects.exists()


def test_what_is_paid_for_is_shown_with_the_price_that_is_accounted_and_nothing_more_to_pay():
    now, account = business_now(), CloudAccount.objects.get(name="aws")
    factories.paid_capacity(
        None, account, region="r", zone="r-a", state="active", usable=True, price_per_hour=Decimal("31.46"),
        starts_at=now, ends_at=now + timedelta(days=1), machines_until=now + timedelta(days=1),
    )  # fmt: skip
    asked = ["--project=research", "--accelerator=H100", "--count=8", "--ttl=20h"]
    [chosen] = told(*asked)["plan"]["chosen"]
    assert (chosen["capacity_type"], chosen["machines_at_most"]) == ("reserved", 1)
    assert (Decimal(chosen["price_per_hour"]), Decimal(chosen["expected_per_hour"])) == (Decimal("31.46"), 0)
    out = StringIO()
    call_command("allocate", *asked, stdout=out)
    assert "1 x aws r-a p5.48xlarge reserved (aws): 31.46 USD/h\nTogether 31.46 USD/h, expected 0.00." in out.getvalue()
    assert told(*asked[:3], "--ttl=30h")["plan"]["chosen"][0]["capacity_type"] == "on-demand"


def test_what_no_plan_can_meet_is_not_asked_for():
    Quota.objects.create(project=Project.objects.get(), max_accelerators=100)
    assert told(*ASKED)["plan"]["chosen"] == []
    with pytest.raises(CommandError):
        call_command("allocate", *ASKED, "--region=nowhere", "--yes")
    assert not Allocation.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (["--project=reserch"], "There are: research"),
        (["--ttl=24"], "Write the unit too"),
        (["--max-price=much"], "such as 12.50"),
        (["--count=0"], r"\w"),
        (["--accelerator=H1000"], r"\w"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(wrong, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("allocate", *ASKED, *wrong, "--yes")
    assert not Allocation.objects.exists()
