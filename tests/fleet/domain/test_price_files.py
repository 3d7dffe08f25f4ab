"""Rows of price files that cannot be right are refused one by one, with line, column and reason."""

from decimal import Decimal

import pytest

from fleet.domain.price_files import read_prices
from fleet.domain.refusals import Refused

HEADER = "InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,Price,SpotPrice,Region,AvailabilityZone"
P5 = "p5.48xlarge,192,2048,H100,8,,{price},{spot},{region},{region}a"


def read(*lines: str):
    return read_prices("\n".join([HEADER, *lines]).encode())


def p5(price: str = "55.04", spot: str = "20", region: str = "us-east-1") -> str:
    return P5.format(price=price, spot=spot, region=region)


def refused(*lines: str) -> list[tuple[int, str]]:
    return [(row.line, row.column) for row in read(*lines).refused]


def test_a_row_gives_an_on_demand_price_of_its_region_and_a_spot_price_of_its_zone():
    found = read(p5())
    assert [(p.capacity_type, p.region, p.zone, p.price_per_hour, p.line) for p in found.prices] == [
        ("on-demand", "us-east-1", "", Decimal("55.04"), 2),
        ("spot", "us-east-1", "us-east-1a", Decimal(20), 2),
    ]
    assert found.refused == []


def test_the_number_that_stands_for_an_unknown_price_is_none():
    row = "tpu-v5p-8,0,0,tpu-v5p-8,1,,700.0,,us-central1,us-central1-a"
    [why] = read(row).refused
    assert (why.line, why.column) == (2, "Price")
    assert "stands for unknown" in why.reason
    assert (2, "Price") in refused(p5(price="700.0"))  # however many accelerators the machine has
    assert refused(p5(price="3999")) == []  # of eight accelerators


def test_a_spot_price_that_is_the_on_demand_price_is_a_missing_one_and_the_other_price_stays():
    found = read(p5(spot="55.04"))
    assert [(row.line, row.column) for row in found.refused] == [(2, "SpotPrice")]
    assert [price.capacity_type for price in found.prices] == ["on-demand"]


def test_a_spot_price_above_the_on_demand_price_makes_both_doubtful():
    found = read(p5(price="36.60", spot="38.70"))
    assert [(row.line, row.column) for row in found.refused] == [(2, "Price"), (2, "SpotPrice")]
    assert found.prices == []


def test_two_rows_that_say_different_things_of_one_machine_are_both_refused_and_twins_are_one():
    assert refused(p5(spot=""), p5(price="60", spot="")) == [(2, "Price"), (3, "Price")]
    found = read(p5(), p5())
    assert (len(found.prices), found.refused) == (2, [])


def test_a_price_far_above_what_it_costs_elsewhere_is_another_product():
    lines = [p5(spot="", region=region) for region in ("a", "b", "c")]
    assert refused(*lines, p5(price="110.09", spot="", region="d")) == [(5, "Price")]
    assert refused(*lines, p5(price="110.08", spot="", region="d")) == []


def test_a_blank_price_is_no_fault_and_gives_no_price():
    found = read(p5(price="", spot=""))
    assert (found.prices, found.refused) == ([], [])


@pytest.mark.parametrize("count", ["0", "-1", "eight", "NaN", "5000", ""])
def test_a_count_that_is_none_refuses_the_row(count):
    row = f"p5.48xlarge,192,2048,H100,{count},,55.04,20,us-east-1,us-east-1a"
    assert refused(row) == [(2, "AcceleratorCount")]


@pytest.mark.parametrize("price", ["-1", "0", "free", "NaN", "Infinity", "1,5"])
def test_what_is_no_price_is_refused(price):
    assert refused(p5(price=f'"{price}"', spot="")) == [(2, "Price")]


def test_the_price_of_chips_without_their_machine_is_no_price():
    """Google's files list hosts and chips in rows that have to be added up."""
    assert refused(",,,H100,8,,78.37,17.88,us-east4,us-east4-a") == [(2, "InstanceType")]


def test_the_price_of_a_host_without_its_chips_is_no_price_either():
    row = "a3-highgpu-8g,208,1872,H100,8,,9.46,2.16,us-east4,us-east4-a"
    found = read_prices(f"{HEADER}\n{row}".encode(), cloud="gcp")
    assert ([(bad.line, bad.column) for bad in found.refused], found.prices) == ([(2, "InstanceType")], [])


def test_a_machine_without_accelerators_is_passed_over_and_counted():
    found = read("m7i.large,2,8,,,,0.1,0.04,us-east-1,us-east-1a")
    assert (found.without_accelerator, found.prices, found.refused) == (1, [], [])


def test_a_row_with_other_cells_than_the_header_is_refused():
    assert refused(p5() + ",more", "p5.48xlarge") == [(2, ""), (3, "")]


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"", b"\xff\xfe", HEADER.replace("SpotPrice", "spot").encode()])
def test_what_is_no_such_file_is_refused_as_a_whole(data):
    with pytest.raises(Refused):
        read_prices(data)
