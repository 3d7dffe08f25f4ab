"""Logging in through an identity provider: OpenID Connect with PKCE and a nonce, over django-allauth.

An identity is the issuer and its subject, never an e-mail address: two people are never taken for one. What the person
may do comes from their groups (`fleet.services.mapping`), looked at anew at each login.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from requests import RequestException, Session

from fleet.services import mapping, sessions
from fleet.signin.following import next_of
from fleet.signin.guarded import GuardedTransport
from fleet.sudo import note_proof

log = logging.getLogger(__name__)

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY_S = 60  # how far apart the two clocks may be
DISCOVERY_KEPT_S = 300
LONGEST_SUBJECT = 191  # what the column of an identity holds


class Provider(OpenIDConnectProvider):
    """The one provider that the OIDC_… variables name."""

    def get_callback_url(self) -> str:
        return reverse("oidc-callback")

    def extract_extra_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """What is kept of it beside the subject."""
        return {"issuer": settings.OIDC_ISSUER}

    def extract_common_fields(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """No e-mail address here: allauth would look for other accounts that have it."""
        fields: dict[str, Any] = super().extract_common_fields(data)
        return {name: text for name, text in fields.items() if isinstance(text, str) and name != "email"}

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[Any]:
        return []


class Endpoint(OpenIDConnectOAuth2Adapter):
    """What is asked of the provider's servers, and what of their answers is believed."""

    def get_provider(self) -> Provider:
        return Provider(self.request, app=_app())

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return request.build_absolute_uri(reverse("oidc-callback"))

    @property
    def openid_config(self) -> dict[str, Any]:
        """Its discovery document, kept for some minutes."""
        key = f"oidc-discovery-{self.provider_id}"
        found: dict[str, Any] | None = cache.get(key)
        if found is None:
            found = self._get(self.get_provider().server_url)
            if str(found.get("issuer", "")).rstrip("/") != settings.OIDC_ISSUER:
                raise OAuth2Error("The discovery document names another issuer than OIDC_ISSUER.")
            cache.set(key, found, DISCOVERY_KEPT_S)
        return found

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, *, response: Mapping[str, Any]
    ) -> SocialLogin:
        claims = self._claims_of(str(response.get("id_token", "")))
        more = self._fetch_user_info(token.token) if "userinfo_endpoint" in self.openid_config else claims
        if more.get("sub") != claims["sub"]:
            raise OAuth2Error("The user info is about another subject than the ID token.")
        if not 0 < len(claims["sub"]) <= LONGEST_SUBJECT:
            raise OAuth2Error(f"The subject is empty or longer than {LONGEST_SUBJECT} characters.")
        login = self.get_provider().sociallogin_from_response(request, {"userinfo": more, "id_token": claims})
        login.claims = {**more, **claims}
        return login

    def _claims_of(self, id_token: str) -> dict[str, Any]:
        """What a token says whose signature, issuer, audience and age are right."""
        try:
            keys = jwt.PyJWKSet.from_dict(self._get(self.openid_config["jwks_uri"])).keys
            wanted = jwt.get_unverified_header(id_token).get("kid")
            key = next((key for key in keys if wanted is None or key.key_id == wanted), None)
            if key is None:
                raise OAuth2Error("The ID token is signed with a key that the provider does not publish.")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key.key,
                algorithms=ALGORITHMS,
                audience=settings.OIDC_CLIENT_ID,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY_S,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise OAuth2Error(f"The ID token is not to be believed: {error}") from error
        if isinstance(claims["aud"], list) and claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
            raise OAuth2Error("The ID token was made for another client.")
        return claims

    def _get(self, url: str) -> dict[str, Any]:
        with SocialAdapter().get_requests_session() as session:
            answer = session.get(url)
            answer.raise_for_status()
            found = answer.json()
        if not isinstance(found, dict):
            raise OAuth2Error("The provider's answer is no JSON object.")
        return found


Provider.oauth2_adapter_class = Endpoint


class SocialAdapter(DefaultSocialAccountAdapter):
    """Where django-allauth asks us: who may come in this way, and as whom."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        return [_app()] if settings.OIDC_ISSUER else []

    def get_requests_session(self) -> Session:
        """Every call passes the outbound guard: to the issuer's host and OIDC_EXTRA_HOSTS only."""
        session = Session()
        session.trust_env = False
        session.max_redirects = 0
        for scheme in ("https://", "http://"):
            session.mount(scheme, GuardedTransport())
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Whoever comes here was let through by `pre_social_login`."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The provider vouches for somebody: is it an answer to this browser's question, and may they come in?"""
        claims, state = sociallogin.claims, sociallogin.state
        if not secrets.compare_digest(str(state.get("nonce", "")).encode(), str(claims.get("nonce", "")).encode()):
            raise OAuth2Error("The ID token carries another nonce than was asked for.")
        if state.get("process") == AuthProcess.REDIRECT:
            _prove(request, sociallogin)
        else:
            _let_in(request, sociallogin)

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Mapping[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.first_name, user.last_name = user.first_name[:150], user.last_name[:150]
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Their first time: the person, the identity and what their groups give, or none of it."""
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            mapping.apply(user, groups_of(sociallogin.claims), now=timezone.now())
        return user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        raise ImmediateHttpResponse(_failed(request, error, exception))


@login_not_required
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send them to the provider; with `prove` it is to ask them again even if it knows them."""
    if not settings.OIDC_ISSUER:
        raise Http404
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "cross-site":
        return HttpResponseRedirect(reverse("login"))  # a login is begun by who sits here, not by another site
    nonce = secrets.token_urlsafe(32)
    params = {"nonce": nonce}
    proving = "prove" in request.GET and request.user.is_authenticated
    if proving:
        params |= {"prompt": "login", "max_age": "0"}
    try:
        answer: HttpResponse = (
            Endpoint(request, _app().provider_id)
            .get_provider()
            .redirect(
                request,
                AuthProcess.REDIRECT if proving else AuthProcess.LOGIN,
                next_of(request),
                auth_params=params,
                nonce=nonce,
                began=time.time(),
            )
        )
    except (RequestException, OAuth2Error, KeyError) as error:
        return _failed(request, None, error)
    return answer


@login_not_required
@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends them back to."""
    if not settings.OIDC_ISSUER:
        raise Http404
    view = OAuth2CallbackView.adapter_view(Endpoint(request, _app().provider_id))
    try:
        answer: HttpResponse = view(request)
    except (RequestException, OAuth2Error, KeyError) as error:
        return _failed(request, None, error)
    return answer


def groups_of(claims: Mapping[str, Any]) -> list[str]:
    """The names in OIDC_GROUPS_CLAIM: a list, or words between commas."""
    said = claims.get(settings.OIDC_GROUPS_CLAIM) or []
    names = said.split(",") if isinstance(said, str) else said if isinstance(said, list) else []
    return sorted({str(name).strip() for name in names} - {""})


def is_known_there(user: User) -> bool:
    """Whether this person can prove themselves at the provider."""
    return bool(settings.OIDC_ISSUER) and SocialAccount.objects.filter(user=user, provider=_app().provider_id).exists()


def _app() -> SocialApp:
    """The issuer is part of the provider's id: with another issuer, the same subject is another person."""
    return SocialApp(
        provider=Provider.id,
        provider_id=f"oidc-{hashlib.sha256(settings.OIDC_ISSUER.encode()).hexdigest()[:16]}",
        name=settings.OIDC_NAME,
        client_id=settings.OIDC_CLIENT_ID,
        secret=settings.OIDC_CLIENT_SECRET,
        settings={
            "server_url": settings.OIDC_ISSUER,
            "scope": settings.OIDC_SCOPES,
            "oauth_pkce_enabled": True,
        },
    )


def _let_in(request: HttpRequest, sociallogin: SocialLogin) -> None:
    claims, groups = sociallogin.claims, groups_of(sociallogin.claims)
    user = sociallogin.user
    if sociallogin.is_existing and isinstance(user, User):
        if not user.is_active:
            raise ImmediateHttpResponse(HttpResponseRedirect(reverse("account_inactive")))
        mapping.apply(user, groups, now=timezone.now())
        nothing = not user.is_superuser and not user.memberships.exists()
    else:
        nothing = mapping.what_they_give(groups).nothing
    if nothing:
        raise ImmediateHttpResponse(_nothing_for(request, claims, groups))
    # For the receiver of user_logged_in: the session these would be kept in may be emptied on the way.
    if isinstance(claims.get("auth_time"), int | float):
        request.proved_at = float(claims["auth_time"])  # type: ignore[attr-defined]
    request.second_factor_there = "mfa" in (claims.get("amr") or [])  # type: ignore[attr-defined]


def _prove(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Who is logged in was asked again by the provider, just now."""
    at, began = sociallogin.claims.get("auth_time"), float(sociallogin.state.get("began", 0))
    if not sociallogin.is_existing or sociallogin.user != request.user:
        sentence = f"{settings.OIDC_NAME} vouched for somebody else than who is logged in here."
    elif isinstance(at, int | float) and at < began - LEEWAY_S:
        sentence = f"{settings.OIDC_NAME} did not ask who you are again. Log out and in again instead."
    else:
        request.session.cycle_key()
        note_proof(request)
        return
    raise ImmediateHttpResponse(_refuse(request, sentence))


def _nothing_for(request: HttpRequest, claims: Mapping[str, Any], groups: list[str]) -> HttpResponse:
    who = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])[:100]
    sentence = f"{settings.OIDC_NAME} says you are {who}, and none of your groups gives you anything here."
    seen = f"Groups it named: {', '.join(groups[:20])[:400]}." if groups else "It named no groups."
    return _refuse(request, sentence, f"{seen} Ask an administrator of Purser to map one of them.", status=403)


def _failed(request: HttpRequest, error: Any, exception: Exception | None) -> HttpResponse:
    sessions.note_failed_login(None, how="OpenID Connect", now=timezone.now())
    name = settings.OIDC_NAME
    if exception is not None:
        log.warning("login through the identity provider failed: %s: %.300s", type(exception).__name__, exception)
    if isinstance(exception, RequestException):
        return _refuse(request, f"{name} gives no answer Purser can use. Try again in a minute.", status=503)
    if exception is not None:
        return _refuse(request, f"{name} did not confirm who you are. Start again.")
    if error == AuthError.CANCELLED:
        return _refuse(request, f"You did not go through with it at {name}.")
    return _refuse(request, "This answer belongs to no login of this browser, or it was used before. Start again.")


def _refuse(request: HttpRequest, sentence: str, detail: str = "", *, status: int = 401) -> HttpResponse:
    context = {"title": "Not logged in", "sentence": sentence, "detail": detail}
    return render(request, "signin/refused.html", context, status=status)
