"""Logging in through a real OpenID provider in another process, and everything that can be wrong with its answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from fleet.domain.groups import read_groups
from fleet.models import Event, Membership, Project, Session
from fleet.services import members, second_factor, throttle
from fleet.services.access import caller_of_user
from fleet.sudo import PROVED_AT
from tests import factories, identity_provider
from tests.api_client import fresh_client
from tests.fleet.signin.test_second_factor import SECRET, code_of
from tests.identity_provider import Provider

pytestmark = pytest.mark.django_db
MAPPING = "ops = chat:operator; money = *:billing; readers = chat:viewer; readers = batch:viewer; root = superuser"


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with identity_provider.running() as provider:
        yield provider


@pytest.fixture
def provider(process: Provider, settings: Any, valkey: Any) -> Provider:
    """The provider, named to Purser, with ada in the group ops; two projects it can give roles in."""
    process.gate()
    settings.OIDC_ISSUER = process.url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "purser", "a secret of purser's own"
    settings.OIDC_NAME = "Example ID"
    settings.OIDC_GROUPS = read_groups(MAPPING)
    cache.clear()
    for slug in ("chat", "batch"):
        factories.project(slug=slug)
    process.person("ada-1", preferred_username="ada", name="Ada Lovelace", email="ada@example.org", groups=["ops"])
    return process


def begin(client: Client, query: str = "?next=/settings") -> str:
    answer = client.get(f"/login/oidc/{query}")
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


def back(client: Client, location: str) -> Any:
    """The browser follows the provider's redirect."""
    parts = urlsplit(location)
    assert (parts.netloc, parts.path) == ("testserver", "/login/oidc/callback/")
    return client.get(f"{parts.path}?{parts.query}")


def log_in(provider: Provider, sub: str = "ada-1", client: Client | None = None) -> tuple[Client, Any]:
    client = client or fresh_client()
    return client, back(client, provider.log_in(begin(client), sub))


def is_in(client: Client) -> bool:
    return client.get("/settings/sessions").status_code == 200


def roles(name: str = "ada") -> dict[str, str]:
    return dict(Membership.objects.filter(user__username=name).values_list("project__slug", "role"))


def test_logins_are_begun_so_often_from_one_address_and_no_more(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "BEGUN_PER_ADDRESS", (3, 60.0))
    begun = Session.objects.count()
    answers = [fresh_client().get("/login/oidc/", REMOTE_ADDR="203.0.113.9") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [302] * 3 + [429] * 2
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert Session.objects.count() == begun + 3
    assert fresh_client().get("/login/oidc/", REMOTE_ADDR="203.0.113.10").status_code == 302
    login = {"username": factories.user().username, "password": factories.PASSWORD}
    assert fresh_client().post("/login/", login, REMOTE_ADDR="203.0.113.9").status_code == 302


def test_a_person_of_a_mapped_group_comes_in_with_its_roles(provider: Provider) -> None:
    assert "Log in with Example ID" in fresh_client().get("/login/").content.decode()
    client, answer = log_in(provider)
    assert (answer.status_code, answer["Location"]) == (302, "/settings")
    assert is_in(client)
    user = User.objects.get()
    assert (user.username, user.get_full_name(), user.has_usable_password()) == ("ada", "Ada Lovelace", False)
    assert roles() == {"chat": "operator"}
    assert not user.is_superuser
    event = Event.objects.get(topic="memberships.mapped")
    assert (event.data["before"]["roles"], event.data["after"]["roles"]) == ({}, {"chat": "operator"})
    assert Event.objects.get(topic="session.started").data["how"] == "OpenID Connect"
    assert time.time() - client.session[PROVED_AT] < 60


def test_the_code_is_bound_by_pkce_and_the_token_by_a_nonce(provider: Provider) -> None:
    log_in(provider)
    asked, _, exchanged = provider.asked[0], *provider.asked[-2:]
    assert (asked["to"], asked["response_type"], asked["code_challenge_method"]) == ("authorize", "code", "S256")
    assert len(asked["code_challenge"]) == 43
    assert len(asked["nonce"]) >= 43
    assert len(asked["state"]) >= 16
    assert exchanged["to"] == "token"
    assert len(exchanged["code_verifier"]) >= 43  # that it fits the challenge the gate has checked
    assert exchanged["client_secret"] == "a secret of purser's own"


def test_no_two_logins_ask_alike(provider: Provider) -> None:
    asked = [parse_qs(urlsplit(begin(fresh_client())).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]


def test_another_verifier_opens_nothing(provider: Provider) -> None:
    """The gate does what a provider with PKCE does: a stolen code is of no use in another login."""
    thief, victim = fresh_client(), fresh_client()
    stolen = parse_qs(urlsplit(provider.log_in(begin(victim), "ada-1")).query)["code"][0]
    own_state = parse_qs(urlsplit(provider.log_in(begin(thief), "ada-1")).query)["state"][0]
    answer = thief.get("/login/oidc/callback/", {"code": stolen, "state": own_state})
    assert answer.status_code == 401
    assert "did not confirm who you are" in answer.content.decode()
    assert not is_in(thief)


def test_a_wrong_state_opens_nothing(provider: Provider) -> None:
    client = fresh_client()
    location = provider.log_in(begin(client), "ada-1")
    answer = back(client, location.replace("state=", "state=x"))
    assert answer.status_code == 401
    assert "belongs to no login of this browser" in answer.content.decode()
    assert not is_in(client)
    other = fresh_client()
    assert back(other, location).status_code == 401
    assert not is_in(other)


def test_an_answer_works_once(provider: Provider) -> None:
    client = fresh_client()
    location = provider.log_in(begin(client), "ada-1")
    assert back(client, location).status_code == 302
    client.post("/logout/")
    assert back(client, location).status_code == 401
    assert not is_in(client)


@pytest.mark.parametrize(
    "orders",
    [
        {"forged": True},
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "somebody-else"}},
        {"claims": {"aud": ["purser", "x"], "azp": "x"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1}},
        {"claims": {"sub": "root-1"}},
        {"claims": {"sub": "x" * 200}, "userinfo_sub": "x" * 200},
        {"userinfo_sub": "root-1"},
    ],
    ids=lambda orders: str(orders)[:40],
)
def test_a_token_that_is_not_right_in_everything_opens_nothing(provider: Provider, orders: dict[str, Any]) -> None:
    provider.gate(**orders)
    client, answer = log_in(provider)
    assert answer.status_code == 401
    assert "did not confirm who you are" in answer.content.decode()
    assert not is_in(client)
    assert not User.objects.exists()
    assert Event.objects.get(topic="login.failed").data == {"how": "OpenID Connect"}


def test_a_provider_that_names_another_issuer_is_not_asked(provider: Provider) -> None:
    provider.gate(issuer="https://evil.example")
    answer = fresh_client().get("/login/oidc/")
    assert answer.status_code == 401
    assert provider.asked == []


def test_whoever_presses_cancel_is_told_so(provider: Provider) -> None:
    client = fresh_client()
    answer = back(client, provider.deny(begin(client)))
    assert "You did not go through with it at Example ID." in answer.content.decode()


def test_a_provider_that_is_down_is_told_and_passwords_go_on(provider: Provider, settings: Any) -> None:
    client = fresh_client()
    location = provider.log_in(begin(client), "ada-1")
    settings.OIDC_ISSUER = "http://127.0.0.1:1"
    cache.clear()
    answer = fresh_client().get("/login/oidc/")
    assert answer.status_code == 503
    assert "gives no answer Purser can use" in answer.content.decode()
    assert back(client, location).status_code in (401, 503)
    user = factories.user()
    login = {"username": user.username, "password": factories.PASSWORD}
    assert fresh_client().post("/login/", login).status_code == 302


def test_groups_that_were_taken_away_take_their_roles_along(provider: Provider) -> None:
    provider.person("ada-1", preferred_username="ada", groups=["ops", "readers"])
    log_in(provider)
    assert roles() == {"chat": "operator", "batch": "viewer"}  # for chat the first rule that fits
    provider.person("ada-1", preferred_username="ada", groups=["readers"])
    log_in(provider)
    assert roles() == {"chat": "viewer", "batch": "viewer"}
    provider.person("ada-1", preferred_username="ada", groups=[])
    client, answer = log_in(provider)
    assert answer.status_code == 403
    assert "It named no groups." in answer.content.decode()
    assert not is_in(client)
    assert roles() == {}


def test_a_role_given_by_hand_stays(provider: Provider) -> None:
    log_in(provider)
    user = User.objects.get()
    Membership.objects.create(user=user, project=Project.objects.get(slug="batch"), role="admin")
    provider.person("ada-1", preferred_username="ada", groups=["readers"])
    log_in(provider)
    assert roles() == {"chat": "viewer", "batch": "admin"}
    provider.person("ada-1", preferred_username="ada", groups=[])
    client, _ = log_in(provider)
    assert is_in(client)
    assert roles() == {"batch": "admin"}


def test_whoever_was_given_less_by_hand_does_not_get_it_back_by_logging_in(provider: Provider) -> None:
    log_in(provider)
    mapped = Membership.objects.get(project__slug="chat")
    assert mapped.role == "operator"
    root = caller_of_user(factories.user(is_superuser=True))
    members.change_role(mapped, role="viewer", by=root, now=factories.NOON)
    log_in(provider)
    assert roles() == {"chat": "viewer"}


def test_superusers_by_group_are_so_no_longer_than_the_group(provider: Provider) -> None:
    provider.person("ada-1", preferred_username="ada", groups=["root", "ops"])
    log_in(provider)
    assert User.objects.get().is_superuser
    provider.person("ada-1", preferred_username="ada", groups=["ops"])
    log_in(provider)
    user = User.objects.get()
    assert (user.is_superuser, user.is_staff) == (False, False)
    User.objects.update(is_superuser=True)  # by hand
    log_in(provider)
    assert User.objects.get().is_superuser


def test_unknown_groups_give_nothing_and_the_page_names_them(provider: Provider) -> None:
    provider.person("eve-1", preferred_username="<b>eve</b>", groups=["curious", "<script>"])
    client, answer = log_in(provider, "eve-1")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "none of your groups gives you anything here" in page
    assert "curious" in page
    assert "<script>," not in page
    assert "<b>" not in page
    assert not is_in(client)
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()


def test_the_same_address_or_name_makes_nobody_somebody_else(provider: Provider) -> None:
    victim = factories.user(username="ada", email="ada@example.org", is_superuser=True)
    log_in(provider)
    found = SocialAccount.objects.get()
    assert found.user != victim
    assert found.user.username != "ada"
    assert not found.user.is_superuser


def test_another_issuers_same_subject_is_another_person(provider: Provider, settings: Any) -> None:
    log_in(provider)
    first = User.objects.get()
    with identity_provider.running() as other:
        settings.OIDC_ISSUER = other.url
        other.person("ada-1", preferred_username="ada", groups=["ops"])
        log_in(other)
    assert User.objects.exclude(pk=first.pk).count() == 1


def test_a_person_who_was_switched_off_stays_out(provider: Provider) -> None:
    log_in(provider)
    User.objects.update(is_active=False)
    client, answer = log_in(provider)
    assert answer["Location"] == "/login/inactive/"
    assert "switched off" in client.get("/login/inactive/").content.decode()
    assert not is_in(client)


@pytest.mark.parametrize("name", [None, "", "ada lovelace ☃", "x" * 300, "<script>", "ada\u200b", 7])
def test_whatever_a_provider_calls_a_person_they_get_a_name(provider: Provider, name: Any) -> None:
    provider.person("ada-1", preferred_username=name, given_name="A" * 400, groups=["ops"])
    client, _ = log_in(provider)
    assert is_in(client)
    User.objects.get().full_clean(exclude=["password"])


def test_a_second_factor_of_ours_is_asked_for_after_the_providers_word(provider: Provider) -> None:
    log_in(provider)
    second_factor.add(User.objects.get(), secret=SECRET, code=code_of(steps=-1), actor="test", now=timezone.now())
    client, answer = log_in(provider)
    assert answer["Location"] == "/login/code/"
    assert not is_in(client)
    assert client.post("/login/code/", {"code": code_of()})["Location"] == "/settings"
    assert is_in(client)
    newest = Event.objects.filter(topic="session.started").latest("pk")
    assert newest.data["how"] == "OpenID Connect and code"


def test_proving_it_there_asks_again_and_notes_it(provider: Provider) -> None:
    client, _ = log_in(provider)
    session = client.session
    session[PROVED_AT] = 0
    session.save()
    assert "Confirm with Example ID" in client.get("/prove/?next=/settings/you").content.decode()
    provider.gate()
    location = provider.log_in(begin(client, "?prove=1&next=/settings/you"), "ada-1")
    assert (provider.asked[0]["prompt"], provider.asked[0]["max_age"]) == ("login", "0")
    assert back(client, location)["Location"] == "/settings/you"
    assert time.time() - client.session[PROVED_AT] < 60
    assert Session.objects.filter(user__isnull=False).count() == 1


@pytest.mark.parametrize("case", ["an old answer", "somebody else"])
def test_a_proof_by_an_old_login_or_of_somebody_else_is_none(provider: Provider, case: str) -> None:
    client, _ = log_in(provider)
    provider.person("bob-1", preferred_username="bob", groups=["ops"])
    session = client.session
    session[PROVED_AT] = 0
    session.save()
    if case == "an old answer":
        provider.gate(claims={"auth_time": int(time.time()) - 3600})
    location = provider.log_in(begin(client, "?prove=1"), "ada-1" if case == "an old answer" else "bob-1")
    assert back(client, location).status_code == 401
    assert client.session[PROVED_AT] == 0
    assert client.session["_auth_user_id"] == str(User.objects.get(username="ada").pk)


def test_a_login_is_a_proof_no_fresher_than_the_provider_says(provider: Provider) -> None:
    provider.gate(claims={"auth_time": int(time.time()) - 3600})
    client, _ = log_in(provider)
    assert time.time() - client.session[PROVED_AT] >= 3599


def test_a_factor_given_there_counts_here(provider: Provider, settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "everybody"
    client, _ = log_in(provider)
    assert client.get("/settings/you")["Location"] == "/settings/second-factor"
    provider.gate(claims={"amr": ["pwd", "mfa"]})
    client, _ = log_in(provider)
    assert client.get("/settings/you").status_code == 200


def test_another_site_begins_no_login(provider: Provider) -> None:
    answer = fresh_client().get("/login/oidc/", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer["Location"] == "/login/"


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example"])
def test_it_leads_to_no_other_site(provider: Provider, place: str) -> None:
    client = fresh_client()
    assert back(client, provider.log_in(begin(client, f"?next={place}"), "ada-1"))["Location"] == "/"


def test_made_up_answers_are_throttled_by_address(provider: Provider) -> None:
    statuses = [
        fresh_client().get("/login/oidc/callback/", {"code": "x", "state": f"s{number}"}).status_code
        for number in range(22)
    ]
    assert statuses[:20] == [401] * 20
    assert statuses[20:] == [429] * 2


def test_only_the_issuers_host_is_dialled(provider: Provider, settings: Any) -> None:
    from fleet.signin.oidc import SocialAdapter

    with SocialAdapter().get_requests_session() as session:
        for url in (
            "http://169.254.169.254/latest",
            "http://example.org/",
            f"http://localhost:{urlsplit(provider.url).port}/",
        ):
            with pytest.raises(OSError, match="neither the host of OIDC_ISSUER"):
                session.get(url)
        settings.OIDC_EXTRA_HOSTS = ["169.254.169.254"]
        with pytest.raises(OSError, match="metadata"):
            session.get("http://169.254.169.254/latest")


def test_without_an_issuer_there_is_nothing_of_it() -> None:
    assert fresh_client().get("/login/oidc/").status_code == 404
    assert fresh_client().get("/login/oidc/callback/").status_code == 404
    assert "/login/oidc/" not in fresh_client().get("/login/").content.decode()
