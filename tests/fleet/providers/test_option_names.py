"""Options of accounts: the table of their names is what the adapters read, and anything else is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fleet import providers
from fleet.domain.refusals import Refused
from fleet.providers.option_names import ANYWHERE, LEARNT, OPTIONS, check_names

PROVIDERS = Path(providers.__file__).parent
ASKED = re.compile(r"""(?:options\.get\(|options\[|\b_\w+\(\s*(?:self\.account\.)?(?:said|options),)\s*"([a-z_]+)\"""")
WITHIN = {"kubernetes": {"secret", "image_pull_secrets"}}
"""Read from inside another option."""
SAID_OF = {
    "aws": "connect-aws", "gcp": "connect-google-cloud", "azure": "connect-azure", "kubernetes": "connect-kubernetes",
    "local": "own-hardware",
}  # fmt: skip


def source_of(provider: str) -> str:
    place = PROVIDERS / provider
    return "\n".join(file.read_text() for file in place.glob("*.py")) if place.is_dir() else (
        (PROVIDERS / f"{provider}.py").read_text()
    )  # fmt: skip


@pytest.mark.parametrize("provider", providers.REGISTRY)
def test_every_option_an_adapter_reads_may_be_given(provider: str) -> None:
    asked = set(ASKED.findall(source_of(provider))) - WITHIN.get(provider, set())
    assert asked
    assert asked <= OPTIONS[provider]


@pytest.mark.parametrize("provider", providers.REGISTRY)
def test_every_option_that_may_be_given_is_read_and_told_of(provider: str) -> None:
    source = source_of(provider)
    own = OPTIONS[provider] - ANYWHERE
    assert {name for name in own if f'"{name}"' not in source} == set()
    if provider in SAID_OF:
        page = (PROVIDERS.parents[1] / "docs" / "howto" / f"{SAID_OF[provider]}.md").read_text()
        assert {name for name in own if f"`{name}`" not in page and f'"{name}"' not in page} == set()


def test_a_mistyped_name_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(Refused) as refused:
        check_names("aws", {"endpont_url": "http://127.0.0.1:1"}, known={})
    assert refused.value.field == "options"
    assert refused.value.sentence.startswith("There is no option 'endpont_url'. Did you mean endpoint_url")


def test_what_an_account_has_had_until_now_stays_and_what_it_learns_may_be_sent_back() -> None:
    check_names("aws", {"before_this_rule": 1}, known={"before_this_rule": 1})
    check_names("sandbox", dict.fromkeys(LEARNT), known={})
