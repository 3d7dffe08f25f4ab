"""The first steps: from an empty installation to a machine, its cost and its end. Every tick is read from rows."""

from __future__ import annotations

from typing import Any

from django.db.models import Min, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from fleet.models import Allocation, Budget, Offering
from fleet.pages import Frame, frame_of, render_page
from fleet.queries.rows import in_scope
from fleet.services.chips import accelerators
from inference.models import Endpoint

DISMISSED = "purser_guide"
MOST = 200
A_YEAR_S = 366 * 86_400
ABOUT = (
    "Read within a minute after it is added.",
    "A low cap to begin with: launches over it are refused.",
    "Its page says what was weighed, tried and paid.",
    "Nothing is billed once the cloud says it is gone.",
    "A model served under objectives, with its cost per million tokens.",
)


@require_safe
def guide(request: HttpRequest) -> HttpResponseBase:
    """The steps on a page of their own: always there, also for who has dismissed them."""
    frame = frame_of(request)
    context = {"guide": steps(frame, staff=request.user.is_staff), "dismissed": bool(request.COOKIES.get(DISMISSED))}
    return render_page(request, "billing/guide.html", frame, context, section="overview")


@require_POST
def dismiss(request: HttpRequest) -> HttpResponse:
    """Take the steps off the Overview, or with `again` put them back."""
    response = HttpResponseRedirect(reverse("overview"))
    if "again" in request.POST:
        response.delete_cookie(DISMISSED)
    else:
        response.set_cookie(
            DISMISSED, "dismissed", max_age=A_YEAR_S, secure=request.is_secure(), httponly=True, samesite="Lax"
        )
    return response


def shown_on_overview(
    request: HttpRequest, frame: Frame, *, capped: bool, serves: bool, first_run: bool
) -> dict[str, Any] | None:
    """The steps, for who may take them and has neither finished nor dismissed them. The page knows two of them."""
    if request.COOKIES.get(DISMISSED) or not (frame.caller.may_somewhere("fleet:write") or frame.caller.everything):
        return None
    staff = bool(getattr(request.user, "is_staff", False))
    found = steps(frame, staff=staff, capped=capped, serves=serves, begin=first_run)
    return None if found["done"] == found["of"] else found


def steps(
    frame: Frame, *, staff: bool, capped: bool = False, serves: bool = False, begin: bool = True
) -> dict[str, Any]:
    """Each step with whether it is done and what to do next. The first allocation is one's own.

    `capped` and `serves` are asked of the database only where they are not known to be so; `begin` fills the form of
    the first allocation.
    """
    sellers = set(
        Offering.objects.filter(offered=True, account__enabled=True).values_list("account__provider").distinct()
    )
    sold, sandbox = bool(sellers), ("sandbox",) in sellers
    own = Allocation.objects.filter(requested_by=frame.caller.name, endpoint_ref="").order_by("id")
    mine = list(in_scope(own, frame.projects).values("public_id", "first_ready_at", "released_at")[:MOST])
    first = mine[0] if mine else None
    was_ready = any(row["first_ready_at"] for row in mine)
    ready = next((row for row in mine if row["first_ready_at"] and not row["released_at"]), None)
    money = "The sandbox’s money is pretend." if sandbox else "This costs real money; the plan says how much."
    may_buy = sold and frame.caller.may_somewhere("fleet:write")
    may_serve = sold and frame.caller.may_somewhere("inference:write")
    if not capped:
        covers = Q(project=None) if frame.projects is not None else Q()
        capped = Budget.objects.filter(covers | Q(project__in=frame.projects or ())).exists()
    gone = any(row["released_at"] for row in mine)
    serves = serves or in_scope(Endpoint.objects.all(), frame.projects).exists()
    page = reverse("allocation", args=[first["public_id"]]) if first else ""
    end = reverse("allocation-release", args=[ready["public_id"]]) if ready else ""
    may_cap = frame.caller.may_somewhere("limits:write") or frame.caller.may("limits:write", None)
    account, budget = reverse("admin:fleet_cloudaccount_add"), reverse("budget-new")
    rows = [
        _step("A cloud account with something on sale", sold, ABOUT[0], account if staff else "", "Add an account"),
        _step("A budget", capped, ABOUT[1], budget if may_cap else "", "Set a budget"),
        _step(
            "Your first allocation",
            first is not None,
            f"Look at its plan, then buy it. {money}",
            (_first_allocation() if begin else reverse("allocate")) if may_buy else "",
            "Plan it",
            act=True,
        ),
        _step("See it become ready", was_ready, ABOUT[2], page, "Open it"),
        _step("Release it", gone, ABOUT[3], end, "Release it", act=True),
        _step("An endpoint", serves, ABOUT[4], reverse("serve") if may_serve else "", "Create one", act=True),
    ]
    done = sum(row["done"] for row in rows)
    following = next((row for row in rows if not row["done"]), None)
    return {"steps": rows, "done": done, "of": len(rows), "next": following, "sandbox": sandbox}


def _step(title: str, done: bool, about: str, href: str, verb: str, *, act: bool = False) -> dict[str, Any]:
    return {"title": title, "done": done, "about": about, "href": "" if done else href, "verb": verb, "act": act}


def _first_allocation() -> str:
    """The form, begun with one of the cheapest accelerator on sale for an hour."""
    known = accelerators()
    rows = (
        Offering.objects.filter(offered=True, account__enabled=True, instance_type__accelerator_count=1)
        .values("instance_type__accelerator")
        .annotate(least=Min("price_per_hour"))
        .order_by("least")
    )
    chip = next((row["instance_type__accelerator"] for row in rows if row["instance_type__accelerator"] in known), "")
    wanted: dict[str, str] = {"name": "first", "accelerator": chip, "accelerator_count": "1", "ttl": "1h"}
    return f"{reverse('allocate')}?{urlencode({key: value for key, value in wanted.items() if value})}"
