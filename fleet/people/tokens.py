"""Settings, Tokens: one's own, and those of the projects whose access one may read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet.forms import done
from fleet.models import Project, Token
from fleet.pages import Frame, frame_of
from fleet.people.picking import TypedForm
from fleet.people.token_forms import RotateForm, TokenForm, limits_form
from fleet.services import tokens as service
from fleet.settings_pages import render_section
from fleet.sudo import sudo_required

SOON_DAYS = 14


@require_safe
def tokens(request: HttpRequest) -> HttpResponseBase:
    """Every token the caller may see; those that ended only when asked for."""
    frame, now = frame_of(request), timezone.now()
    rows = service.visible(frame.caller, _person(request)).select_related("issuer", "project", "service_account")
    projects = list(Project.objects.filter(tokens__in=rows).distinct().order_by("slug"))
    slug = request.GET.get("project", "")
    if slug:
        rows = rows.filter(project__slug=slug[:63])
    found = [_row(token, now) for token in rows.order_by("-created_at", "-id")[:1000]]
    ended = sum(row["ended"] for row in found)
    all_of_them = request.GET.get("ended") == "1"
    context = {
        "rows": [row for row in found if all_of_them or not row["ended"]],
        "ended": ended,
        "with_ended": all_of_them,
        "projects": projects,
        "chosen": slug,
    }
    return render_section(request, "settings/tokens.html", frame, "tokens", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_required
def new(request: HttpRequest) -> HttpResponseBase:
    """Issue one; its secret is shown on the page that answers, and nowhere else ever."""
    frame = frame_of(request)
    if request.method != "POST":
        holder = request.GET.get("holder", "")
        form = TokenForm(caller=frame.caller, initial={"holder": holder, "project": request.GET.get("project", "")})
        return render_section(request, "settings/token_new.html", frame, "tokens", {"form": form})
    form = TokenForm(request.POST, caller=frame.caller)
    if form.is_valid():
        with form.refusals():
            made, plain = service.issue_token(
                project=form.where(),
                issuer=_person(request),
                by=frame.caller,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                lifetime=form.lifetime(),
                service_account=form.account(),
                limits=form.limits(),
                now=timezone.now(),
            )
            return _secret(request, frame, made, plain)
    return render_section(request, "settings/token_new.html", frame, "tokens", {"form": form}, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@sudo_required
def token(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """One token: what it may do, its pair, its limits; rotate and revoke."""
    frame = frame_of(request)
    found = _found(public_id, frame, request)
    if request.method != "POST":
        return _page(request, frame, found)
    if not service.may_change(found, frame.caller):
        raise Http404
    form = limits_form(found, request.POST)
    if form.is_valid():
        with form.refusals():
            limits = form.limits().columns()
            changes = {"name": form.cleaned_data["name"], **limits}
            read = form.cleaned_data["read"]
            service.change_token(found, by=frame.caller, changes=changes, now=timezone.now(), read=read)
            return done(request, f"{form.cleaned_data['name']}: limits saved.", to=reverse("token", args=[public_id]))
    return _page(request, frame, found, form=form, status=422)


@require_POST
@sudo_required
def rotate(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """A new secret, shown once."""
    frame = frame_of(request)
    found = _found(public_id, frame, request)
    form = RotateForm(request.POST)
    if form.is_valid():
        with form.refusals():
            made, plain = service.rotate_token(
                found, by=frame.caller, issuer=_person(request), now=timezone.now(), overlap=form.overlap_time()
            )
            return _secret(request, frame, made, plain)
    return _page(request, frame, found, rotating=form, status=422)


@require_POST
@sudo_required
def revoke(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """From now on it opens nothing. Its name has to be typed: there is no way back."""
    frame = frame_of(request)
    found = _found(public_id, frame, request)
    if not service.may_revoke(found, frame.caller):
        raise Http404
    form = TypedForm(request.POST, word=found.name, verb="revoke")
    if form.is_valid():
        service.revoke_token(found, by=frame.caller, now=timezone.now())
        return done(request, f"{found.name} is revoked. It opens nothing any more.", to=reverse("settings-tokens"))
    return _page(request, frame, found, revoking=form, status=422)


def _page(
    request: HttpRequest,
    frame: Frame,
    found: Token,
    *,
    form: Any = None,
    rotating: Any = None,
    revoking: Any = None,
    status: int = 200,
) -> HttpResponseBase:
    person, now = _person(request), timezone.now()
    pair = Token.objects.filter(pk__in=service.family(found.pk)).exclude(pk=found.pk).order_by("-id")
    row = _row(found, now)
    theirs = found.service_account is None and found.issuer != person
    context = {
        "row": row,
        "pair": [_row(other, now) for other in pair.select_related("issuer", "project", "service_account")],
        "form": form or (limits_form(found) if service.may_change(found, frame.caller) else None),
        "rotating": None if theirs or row["ended"] else rotating or RotateForm(),
        "revoking": revoking or TypedForm(word=found.name, verb="revoke"),
        "may_revoke": service.may_revoke(found, frame.caller),
        "event_topic": found.public_id,
    }
    return render_section(request, "settings/token.html", frame, "tokens", context, status=status)


def _secret(request: HttpRequest, frame: Frame, made: Token, plain: str) -> HttpResponseBase:
    """The one page that shows it; no cache keeps it, and a reload does not bring it back."""
    context = {"row": _row(made, timezone.now()), "plain": plain, "site": request.build_absolute_uri("/").rstrip("/")}
    return render_section(request, "settings/token_secret.html", frame, "tokens", context, status=201)


def _found(public_id: str, frame: Frame, request: HttpRequest) -> Token:
    rows = service.visible(frame.caller, _person(request)).select_related("issuer", "project", "service_account")
    found = rows.filter(public_id=public_id[:48].replace("\0", "")).first()
    if found is None:
        raise Http404
    return found


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _row(token: Token, now: datetime) -> dict[str, Any]:
    """A token as the pages show it, times in words."""
    left = token.expires_at - now
    state, tone, icon = "Active", "ok", "check"
    if token.revoked_at is not None:
        state, tone, icon = "Revoked", "mute", "ban"
    elif left.total_seconds() <= 0:
        state, tone, icon = "Expired", "mute", "clock"
    elif token.service_account is not None and token.service_account.disabled_at is not None:
        state, tone, icon = "Disabled", "warn", "hold"
    elif left.days < SOON_DAYS:
        state, tone, icon = "Ends soon", "warn", "clock"
    return {
        "token": token,
        "href": reverse("token", args=[token.public_id]),
        "key": f"prs_{token.key_id}_…",
        "holder": token.service_account.name if token.service_account else token.issuer.get_username(),
        "robot": token.service_account is not None,
        "project": token.project.slug if token.project else "Installation",
        "scopes": token.scopes,
        "limits": _limit_words(token),
        "left": left if left.total_seconds() > 0 else None,
        "state": state,
        "tone": tone,
        "icon": icon,
        "ended": state in ("Revoked", "Expired"),
    }


def _limit_words(token: Token) -> list[str]:
    words = []
    if token.spend_cap_per_hour is not None:
        words.append(f"${token.spend_cap_per_hour:,.2f}/h")
    if token.requests_per_minute:
        words.append(f"{token.requests_per_minute:,} a minute")
    if token.cidrs:
        words.append(token.cidrs[0] if len(token.cidrs) == 1 else f"{len(token.cidrs)} ranges")
    return words
