"""Every route, and the one place that says who may open it. A new route is a line here, or tests/security fails.

`Rule(get="fleet:read", patch="fleet:write", row="allocation")`: the scope each served method needs, and which row of
the estate the route's argument is about. ANYBODY means every caller with a name, whatever they may do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.api_client import fresh_client
from tests.security.estate import Estate

METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
CHANGING = ("post", "put", "patch", "delete")
ANYBODY = "anybody"

# Open to those without a name, each for a reason.
PUBLIC = {
    "healthz": "a load balancer asks it; it says up or down",
    "readyz": "a load balancer asks it; it names parts, not causes",
    "login/": "where one logs in",
    "login/code/": "the second step of logging in",
    "login/inactive/": "says that an account is switched off",
    "login/oidc/": "sends one to the identity provider",
    "login/oidc/callback/": "where the identity provider sends one back to",
    "login/password/<uidb64>/<token>/": "asks for the token of its link: test_passwords.py",
    "logout/": "ends one's own session",
    "metrics": "asks for its own token: test_metrics.py",
    "admin/login/": "where one logs in",
    "admin/logout/": "ends one's own session",
    "api/problems/<slug:code>": "says what a code means, and nothing of the installation",
    "static/<path>": "the stylesheet of the login page",
}


@dataclass(frozen=True)
class Rule:
    """Who may open a route. An empty scope: the method is not served."""

    get: str = ""
    post: str = ""
    patch: str = ""
    delete: str = ""
    row: str = ""  # attributes of the estate, one an argument; the row belongs to its project `mine`
    hidden: bool = False  # who may not read the row does not learn that the route needs a scope: 404, not 403
    catalogue: str = ""  # attribute of the estate that belongs to no project: everybody finds it who may call at all
    reads: str = ""  # the scope without which that row is not there; usually that of GET
    gives: str = ""  # the role a change gives: it takes all the rights of that role to do so
    by_token: str = ""  # the scope with which a token may do what every person may
    query: str = ""  # what a page or a GET cannot do without
    proof: bool = False  # a page that sends away, to prove themselves, who has not done so lately
    sensitive: bool = False  # a browser that changes something has to have proved itself lately
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by method; else {}

    def scope(self, method: str) -> str:
        return str(getattr(self, method, ""))

    @property
    def methods(self) -> list[str]:
        return [method for method in ("get", "post", "patch", "delete") if self.scope(method)]

    @property
    def reading(self) -> str:
        some = self.reads or self.get or self.scope(self.methods[0])
        return some if some == ANYBODY else some.partition(":")[0] + ":read"


ID = "<public_id:public_id>"
IN_2150 = {"expires_at": "2150-01-01T00:00:00Z"}
NO_ALLOCATION = {"id": f"alloc_{'0' * 32}", "if_match": "*"}
API_RULES: dict[str, Rule] = {
    "api/schema": Rule(get=ANYBODY),
    # fleet
    "api/v1/allocations": Rule(get="fleet:read", post="fleet:write"),
    f"api/v1/allocations/{ID}": Rule(
        get="fleet:read", patch="fleet:write", delete="fleet:write", row="allocation", bodies={"patch": {"name": "x"}}
    ),
    "api/v1/allocations/bulk": Rule(post="fleet:write", bodies={"post": {"items": [{"name": "x"}]}}),
    "api/v1/allocations/bulk-release": Rule(post="fleet:write", bodies={"post": {"items": [NO_ALLOCATION]}}),
    f"api/v1/allocations/{ID}/extend": Rule(post="fleet:write", row="allocation", bodies={"post": IN_2150}),
    f"api/v1/allocations/{ID}/explain": Rule(get="fleet:read", row="allocation"),
    "api/v1/plans": Rule(post="fleet:read", bodies={"post": {"accelerator": "H100"}}),
    "api/v1/plans/rejected": Rule(post="fleet:read", bodies={"post": {"accelerator": "H100"}}),
    "api/v1/instances": Rule(get="fleet:read"),
    f"api/v1/instances/{ID}": Rule(get="fleet:read", row="instance"),
    "api/v1/instances/bulk": Rule(
        post="fleet:write", bodies={"post": {"action": "cordon", "ids": [f"inst_{'0' * 32}"]}}
    ),
    f"api/v1/instances/{ID}/cordon": Rule(post="fleet:write", row="instance"),
    f"api/v1/instances/{ID}/uncordon": Rule(post="fleet:write", row="instance"),
    f"api/v1/instances/{ID}/drain": Rule(post="fleet:write", row="instance", bodies={"post": {"replace": True}}),
    f"api/v1/instances/{ID}/terminate": Rule(
        post="fleet:write", row="instance", bodies={"post": {"replace": True, "reason": "It is broken."}}
    ),
    "api/v1/slots": Rule(get="fleet:read"),
    f"api/v1/slots/{ID}": Rule(get="fleet:read", delete="fleet:write", row="slot"),
    "api/v1/launch-attempts": Rule(get="fleet:read"),
    f"api/v1/launch-attempts/{ID}": Rule(get="fleet:read", row="attempt"),
    "api/v1/operations": Rule(get="fleet:read"),
    f"api/v1/operations/{ID}": Rule(get="fleet:read", row="operation"),
    f"api/v1/operations/{ID}/cancel": Rule(post="fleet:write", row="operation"),
    "api/v1/holds": Rule(get="fleet:read"),
    "api/v1/incidents": Rule(get="fleet:read"),
    f"api/v1/incidents/{ID}": Rule(get="fleet:read", row="incident"),
    f"api/v1/incidents/{ID}/acknowledge": Rule(post="fleet:write", row="incident"),
    f"api/v1/incidents/{ID}/close": Rule(
        post="fleet:write", row="incident", bodies={"post": {"reason": "It is over."}}
    ),
    "api/v1/accelerators": Rule(get="fleet:read"),
    "api/v1/instance-types": Rule(get="fleet:read"),
    "api/v1/offerings": Rule(get="fleet:read"),
    f"api/v1/offerings/{ID}/prices": Rule(get="fleet:read", catalogue="offering"),
    "api/v1/block-offers": Rule(
        get="fleet:read",
        post="fleet:write",
        bodies={"post": {"hours": 24, "instance_type": "p5.48xlarge", "machines": 1}},
    ),
    f"api/v1/block-offers/{ID}": Rule(get="fleet:read", row="block_question"),
    f"api/v1/block-purchases/{ID}": Rule(get="fleet:read", row="purchase"),
    "api/v1/paid-capacity": Rule(get="fleet:read", post="fleet:write", bodies={"post": {"offer": "nothing"}}),
    f"api/v1/paid-capacity/{ID}": Rule(
        get="fleet:read", patch="fleet:write", row="paid_capacity", bodies={"patch": {"shared": True}}
    ),
    "api/v1/reference-prices": Rule(get="fleet:read"),
    "api/v1/price-rules": Rule(
        get="fleet:read",
        post="installation:write",
        sensitive=True,
        bodies={"post": {"name": "new", "kind": "discount", "percent_off": "5", "cloud": "aws"}},
    ),
    f"api/v1/price-rules/{ID}": Rule(
        get="fleet:read",
        patch="installation:write",
        delete="installation:write",
        sensitive=True,
        catalogue="price_rule",
        bodies={"patch": {"note": "x"}},
    ),
    "api/v1/capacity-memory": Rule(get="fleet:read"),
    f"api/v1/capacity-memory/{ID}": Rule(get="fleet:read", catalogue="memory"),
    f"api/v1/capacity-memory/{ID}/forget": Rule(
        post="installation:write", catalogue="memory", bodies={"post": {"reason": "The zone was refilled."}}
    ),
    "api/v1/accounts": Rule(
        get="fleet:read",
        post="installation:write",
        sensitive=True,
        bodies={
            "post": {"name": "new", "cloud": "aws", "provider": "sandbox", "options": {"url": "http://127.0.0.1:1"}}
        },
    ),
    f"api/v1/accounts/{ID}": Rule(
        get="fleet:read",
        patch="installation:write",
        delete="installation:write",
        sensitive=True,
        catalogue="account",
        bodies={"patch": {"enabled": False}},
    ),
    f"api/v1/accounts/{ID}/trials": Rule(get="installation:read", post="installation:write", catalogue="account"),
    f"api/v1/accounts/{ID}/rotate": Rule(
        post="installation:write",
        sensitive=True,
        catalogue="account",
        bodies={"post": {"credentials_ref": "env:NEXT"}},
    ),
    f"api/v1/accounts/{ID}/grants": Rule(get="fleet:read", catalogue="account"),
    # the installation
    "api/v1/installation": Rule(
        get="installation:read",
        patch="installation:write",
        sensitive=True,
        bodies={"patch": {"launches_paused": True, "reason": "Only to try it."}},
    ),
    "api/v1/unclassified-signals": Rule(get="fleet:read"),
    "api/v1/sweeps": Rule(get="installation:read", post="installation:write", bodies={"post": {"account": "nobody"}}),
    f"api/v1/sweeps/{ID}": Rule(get="installation:read", catalogue="sweep"),
    "api/v1/projects": Rule(
        get="fleet:read", post="installation:write", sensitive=True, bodies={"post": {"slug": "new", "name": "New"}}
    ),
    f"api/v1/projects/{ID}": Rule(
        get="fleet:read",
        patch="installation:write",
        delete="installation:write",
        row="mine",
        sensitive=True,
        bodies={"patch": {"name": "Renamed"}},
    ),
    "api/v1/events": Rule(get="fleet:read"),
    # access
    "api/v1/me": Rule(get=ANYBODY),
    f"api/v1/projects/{ID}/members": Rule(
        get="access:read",
        post="access:write",
        row="mine",
        sensitive=True,
        bodies={"post": {"user": "strangers-name", "role": "viewer"}},
    ),
    f"api/v1/projects/{ID}/members/<str:username>": Rule(
        get="access:read",
        patch="access:write",
        delete="access:write",
        row="mine, viewer",
        sensitive=True,
        bodies={"patch": {"role": "viewer"}},
    ),
    "api/v1/service-accounts": Rule(
        get="access:read",
        post="access:write",
        sensitive=True,
        gives="viewer",
        bodies={"post": {"name": "new-bot", "role": "viewer"}},
    ),
    f"api/v1/service-accounts/{ID}": Rule(
        get="access:read",
        patch="access:write",
        delete="access:write",
        row="service_account",
        sensitive=True,
        bodies={"patch": {"description": "Rolls out"}},
    ),
    "api/v1/tokens": Rule(
        get=ANYBODY,
        post=ANYBODY,
        by_token="access:write",
        sensitive=True,
        bodies={"post": {"name": "mine", "scopes": ["read"]}},
    ),
    f"api/v1/tokens/{ID}": Rule(
        get="access:read",
        patch="access:write",
        delete="access:write",
        row="robots_row",
        hidden=True,
        sensitive=True,
        bodies={"patch": {"name": "renamed"}},
    ),
    f"api/v1/tokens/{ID}/rotate": Rule(
        post="access:write", reads="access:read", row="robots_row", hidden=True, sensitive=True
    ),
    # limits
    "api/v1/quotas": Rule(get="limits:read", post="limits:write", sensitive=True),
    "api/v1/quotas/bulk": Rule(post="limits:write", sensitive=True),
    f"api/v1/quotas/{ID}": Rule(
        get="limits:read",
        patch="limits:write",
        delete="limits:write",
        row="quota",
        sensitive=True,
        bodies={"patch": {"max_accelerators": 5}},
    ),
    "api/v1/budgets": Rule(get="limits:read", post="limits:write", sensitive=True),
    "api/v1/budgets/bulk": Rule(post="limits:write", sensitive=True),
    f"api/v1/budgets/{ID}": Rule(
        get="limits:read",
        patch="limits:write",
        delete="limits:write",
        row="budget",
        sensitive=True,
        bodies={"patch": {"cap_per_hour": "5"}},
    ),
    "api/v1/change-requests": Rule(get="limits:read"),
    f"api/v1/change-requests/{ID}": Rule(get="limits:read", row="change_request"),
    f"api/v1/change-requests/{ID}/approve": Rule(post="limits:write", row="change_request", sensitive=True),
    f"api/v1/change-requests/{ID}/refuse": Rule(post="limits:write", row="change_request", sensitive=True),
    # audit
    "api/v1/audit-events": Rule(get="audit:read"),
    "api/v1/audit-events/export": Rule(get="audit:read"),
    "api/v1/audit-chain": Rule(get="audit:read"),
    # webhooks
    "api/v1/webhooks": Rule(get="webhooks:read", post="webhooks:write", sensitive=True),
    f"api/v1/webhooks/{ID}": Rule(
        get="webhooks:read",
        patch="webhooks:write",
        delete="webhooks:write",
        row="webhook",
        sensitive=True,
        bodies={"patch": {"enabled": False}},
    ),
    f"api/v1/webhooks/{ID}/rotate": Rule(post="webhooks:write", row="webhook", sensitive=True),
    f"api/v1/webhooks/{ID}/test": Rule(post="webhooks:write", row="webhook"),
    f"api/v1/webhooks/{ID}/messages": Rule(get="webhooks:read", row="webhook"),
    f"api/v1/webhook-messages/{ID}": Rule(get="webhooks:read", row="webhook_message"),
    f"api/v1/webhook-messages/{ID}/retry": Rule(post="webhooks:write", row="webhook_message"),
    # inference
    "api/v1/endpoints": Rule(get="inference:read", post="inference:write"),
    "api/v1/endpoints/bulk": Rule(post="inference:write"),
    f"api/v1/endpoints/{ID}": Rule(
        get="inference:read",
        patch="inference:write",
        delete="inference:write",
        row="endpoint",
        bodies={"patch": {"max_replicas": 5}},
    ),
    f"api/v1/endpoints/{ID}/manifests": Rule(get="inference:read", row="endpoint", query="?environment=eks"),
    f"api/v1/endpoints/{ID}/weights": Rule(get="inference:read", row="endpoint"),
    f"api/v1/endpoints/{ID}/percentiles": Rule(get="inference:read", row="endpoint"),
    f"api/v1/endpoints/{ID}/decisions": Rule(get="inference:read", row="endpoint"),
    f"api/v1/endpoints/{ID}/series": Rule(get="inference:read", row="endpoint"),
    "api/v1/decisions": Rule(get="inference:read"),
    f"api/v1/decisions/{ID}": Rule(get="inference:read", row="decision"),
    "api/v1/replicas": Rule(get="inference:read"),
    f"api/v1/replicas/{ID}": Rule(get="inference:read", row="replica"),
    f"api/v1/replicas/{ID}/drain": Rule(post="inference:write", row="replica"),
    f"api/v1/replicas/{ID}/restart": Rule(post="inference:write", row="replica"),
    f"api/v1/replicas/{ID}/series": Rule(get="inference:read", row="replica"),
    "api/v1/models": Rule(get="inference:read", post="inference:write"),
    f"api/v1/models/{ID}": Rule(
        get="inference:read",
        patch="inference:write",
        delete="inference:write",
        row="model",
        bodies={"patch": {"name": "org/renamed"}},
    ),
    "api/v1/serving-configs": Rule(get="inference:read", post="inference:write"),
    f"api/v1/serving-configs/{ID}": Rule(
        get="inference:read",
        patch="inference:write",
        delete="inference:write",
        row="serving_config",
        bodies={"patch": {"max_num_seqs": 8}},
    ),
    f"api/v1/serving-configs/{ID}/fit": Rule(get="inference:read", row="serving_config"),
    "api/v1/telemetry-gaps": Rule(get="inference:read"),
    "api/v1/policies": Rule(get="inference:read"),
    "api/v1/runners": Rule(get="inference:read"),
    "api/v1/usage-events": Rule(post="usage:write"),
    # billing
    "api/v1/costs": Rule(get="billing:read"),
    "api/v1/token-costs": Rule(get="billing:read"),
    "api/v1/shares": Rule(get="billing:read"),
    "api/v1/ledger-entries": Rule(get="billing:read"),
    "api/v1/usage-intervals": Rule(get="billing:read"),
}
# Pages are for those who are logged in; a scope is one without which the page is refused.
PAGE_RULES: dict[str, Rule] = {
    "": Rule(get=ANYBODY),
    "fleet": Rule(get=ANYBODY),
    "fleet/views/save": Rule(post=ANYBODY),
    "fleet/views/rename": Rule(post=ANYBODY),
    "fleet/views/delete": Rule(post=ANYBODY),
    "fleet/allocate": Rule(get="fleet:write", post="fleet:write"),
    "fleet/allocate/plan": Rule(post="fleet:write"),
    "fleet/allocate/buy": Rule(post="fleet:write"),
    "fleet/bulk": Rule(get="fleet:write", post="fleet:write"),
    "fleet/<str:public_id>/extend": Rule(get="fleet:write", post="fleet:write", row="allocation"),
    "fleet/<str:public_id>/resize": Rule(get="fleet:write", post="fleet:write", row="allocation"),
    "fleet/<str:public_id>/release": Rule(get="fleet:write", post="fleet:write", row="allocation"),
    "fleet/<str:public_id>/keep": Rule(post="fleet:write", row="allocation"),
    "fleet/<str:public_id>/undo": Rule(post="fleet:write", row="allocation"),
    "incidents": Rule(get=ANYBODY),
    "incidents/<str:public_id>/acknowledge": Rule(post="fleet:write", row="incident"),
    "incidents/<str:public_id>/close": Rule(post="fleet:write", row="incident"),
    "capacity/<str:public_id>/share": Rule(post="fleet:write", row="paid_capacity"),
    "capacity/<str:public_id>/unshare": Rule(post="fleet:write", row="paid_capacity"),
    "settings/switches": Rule(get="installation:write", post="installation:write", sensitive=True),
    "guide": Rule(get=ANYBODY),
    "guide/dismiss": Rule(post=ANYBODY),
    "machines/<str:public_id>/cordon": Rule(post="fleet:write", row="slot"),
    "machines/<str:public_id>/uncordon": Rule(post="fleet:write", row="slot"),
    "machines/<str:public_id>/drain": Rule(get="fleet:write", post="fleet:write", row="slot"),
    "fleet/<str:public_id>": Rule(get="fleet:read", row="allocation"),
    "feed": Rule(get=ANYBODY, query="?after=0-0"),
    "settings": Rule(get=ANYBODY),
    "settings/limits": Rule(get="limits:read"),
    "settings/limits/two-pairs-of-eyes": Rule(post="installation:write", proof=True),
    "settings/limits/new/quota": Rule(get="limits:write", post="limits:write", proof=True),
    "settings/limits/new/budget": Rule(get="limits:write", post="limits:write", proof=True),
    "settings/limits/file/quota": Rule(get="limits:write", post="limits:write", proof=True),
    "settings/limits/file/budget": Rule(get="limits:write", post="limits:write", proof=True),
    "settings/limits/<str:public_id>": Rule(get="limits:write", post="limits:write", row="quota", proof=True),
    "settings/limits/<str:public_id>/delete": Rule(post="limits:write", row="quota", proof=True),
    "settings/change-requests/<str:public_id>/approve": Rule(post="limits:write", row="change_request", proof=True),
    "settings/change-requests/<str:public_id>/refuse": Rule(post="limits:write", row="change_request", proof=True),
    "settings/audit": Rule(get="audit:read"),
    "settings/audit/verify": Rule(post="installation:write"),
    "settings/display": Rule(get=ANYBODY),
    "economics": Rule(get=ANYBODY),
    "search": Rule(get=ANYBODY, query="?q=matrix"),
    "capacity": Rule(get=ANYBODY),
    "capacity/blocks": Rule(get="fleet:write", post="fleet:write"),
    "capacity/blocks/<str:public_id>": Rule(get="fleet:read", row="block_question"),
    "settings/accounts": Rule(get="installation:read", post="installation:write", sensitive=True),
    "settings/accounts/<str:public_id>": Rule(
        get="installation:read", post="installation:write", catalogue="account", sensitive=True
    ),
    "settings/accounts/<str:public_id>/verify": Rule(post="installation:write", catalogue="account"),
    "settings/accounts/<str:public_id>/rotate": Rule(post="installation:write", catalogue="account", sensitive=True),
    "settings/accounts/<str:public_id>/delete": Rule(post="installation:write", catalogue="account", sensitive=True),
    "settings/webhooks": Rule(get="webhooks:read", post="webhooks:write", sensitive=True),
    "settings/webhooks/<str:public_id>": Rule(
        get="webhooks:read", post="webhooks:write", row="webhook", sensitive=True
    ),
    "settings/webhooks/<str:public_id>/rotate": Rule(post="webhooks:write", row="webhook", sensitive=True),
    "settings/webhooks/<str:public_id>/test": Rule(post="webhooks:write", row="webhook"),
    "settings/webhooks/<str:public_id>/delete": Rule(post="webhooks:write", row="webhook", sensitive=True),
    "settings/webhook-messages/<str:public_id>/retry": Rule(post="webhooks:write", row="webhook_message"),
    "prove/": Rule(get=ANYBODY, post=ANYBODY),
    "settings/you": Rule(get=ANYBODY),
    "settings/password": Rule(post=ANYBODY),
    "settings/second-factor": Rule(get=ANYBODY),
    "settings/second-factor/add": Rule(get=ANYBODY, post=ANYBODY, sensitive=True),
    "settings/second-factor/remove": Rule(post=ANYBODY, sensitive=True),
    "settings/second-factor/codes": Rule(post=ANYBODY, sensitive=True),
    "settings/sessions": Rule(get=ANYBODY),
    "settings/sessions/end": Rule(post=ANYBODY),
    "endpoints": Rule(get=ANYBODY),
    "endpoints/new": Rule(get="inference:write", post="inference:write"),
    "endpoints/new/plan": Rule(post="inference:write"),
    "endpoints/new/create": Rule(post="inference:write"),
    "endpoints/<str:public_id>/change": Rule(
        get="inference:write", post="inference:write", row="endpoint", reads="fleet:read"
    ),
    "endpoints/<str:public_id>/delete": Rule(
        get="inference:write", post="inference:write", row="endpoint", reads="fleet:read"
    ),
    "endpoints/<str:public_id>/undo": Rule(post="inference:write", row="endpoint", reads="fleet:read"),
    "models": Rule(get=ANYBODY),
    "models/new": Rule(get="inference:write", post="inference:write"),
    "models/<str:public_id>": Rule(get="inference:read", row="model"),
    "models/<str:public_id>/change": Rule(get="inference:write", post="inference:write", row="model"),
    "models/<str:public_id>/delete": Rule(get="inference:write", post="inference:write", row="model"),
    "models/<str:public_id>/configs/new": Rule(get="inference:write", post="inference:write", row="model"),
    "serving-configs/<str:public_id>/change": Rule(get="inference:write", post="inference:write", row="serving_config"),
    "serving-configs/<str:public_id>/delete": Rule(get="inference:write", post="inference:write", row="serving_config"),
    "endpoints/<str:public_id>": Rule(get="fleet:read", row="endpoint"),
    "endpoints/<str:public_id>/manifests": Rule(get="fleet:read", row="endpoint"),
    "activity": Rule(get=ANYBODY),
    "decisions/<str:public_id>": Rule(get="fleet:read", row="decision"),
    "settings/tokens": Rule(get=ANYBODY),
    "settings/tokens/new": Rule(get=ANYBODY, post=ANYBODY, sensitive=True),
    "settings/tokens/<str:public_id>": Rule(
        get="access:read", post="access:write", row="robots_row", hidden=True, sensitive=True
    ),
    "settings/tokens/<str:public_id>/rotate": Rule(
        post="access:write", reads="access:read", row="robots_row", hidden=True, sensitive=True
    ),
    "settings/tokens/<str:public_id>/revoke": Rule(post="access:write", row="robots_row", hidden=True, sensitive=True),
    "settings/members": Rule(get="access:read", post="access:write"),
    "settings/members/<str:public_id>/<int:user_id>/role": Rule(
        post="access:write", row="mine, viewers_id", hidden=True, sensitive=True
    ),
    "settings/members/<str:public_id>/<int:user_id>/role/<slug:role>": Rule(
        post="access:write", row="mine, viewers_id, some_role", hidden=True, sensitive=True
    ),
    "settings/members/<str:public_id>/<int:user_id>/remove": Rule(
        post="access:write", row="mine, viewers_id", hidden=True, sensitive=True
    ),
    "settings/service-accounts": Rule(get="access:read", post="access:write"),
    "settings/service-accounts/<str:public_id>": Rule(
        get="access:read", post="access:write", row="service_account", hidden=True
    ),
    "settings/service-accounts/<str:public_id>/on": Rule(
        post="access:write", row="service_account", hidden=True, sensitive=True
    ),
    "settings/service-accounts/<str:public_id>/off": Rule(
        post="access:write", row="service_account", hidden=True, sensitive=True
    ),
    "settings/service-accounts/<str:public_id>/delete": Rule(
        post="access:write", row="service_account", hidden=True, sensitive=True
    ),
    "settings/projects": Rule(get="installation:write", post="installation:write"),
    "settings/projects/<str:public_id>": Rule(
        get="installation:write", post="installation:write", reads="installation:read", row="mine"
    ),
    "settings/projects/<str:public_id>/delete": Rule(
        post="installation:write", reads="installation:read", row="mine", sensitive=True
    ),
    "api/docs": Rule(get=ANYBODY),
    "api/docs/<slug:noun>": Rule(get=ANYBODY, row="noun"),
}


def routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    """Every route of the URLconf, as its template."""
    for entry in patterns if patterns is not None else get_resolver().url_patterns:
        route = prefix + _template(entry)
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield route


def _template(entry: URLPattern | URLResolver) -> str:
    text = str(entry.pattern)
    text = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", text)  # admin writes regular expressions
    return text.removeprefix("^").removesuffix("$").removesuffix("\\Z")


API = sorted(
    {
        route
        for route in routes()
        if route.startswith("api/") and not route.startswith("api/docs") and route not in PUBLIC
    }
)
ADMIN = sorted({route for route in routes() if route.startswith("admin/")})
PAGES = sorted(set(routes()) - set(API) - set(ADMIN) - set(PUBLIC))


def address(route: str, estate: Estate) -> str:
    """A real address: the route with the estate's own row in it."""
    if "<" not in route:
        return f"/{route}"
    rule = API_RULES.get(route) or PAGE_RULES.get(route)
    names = rule and (rule.row or rule.catalogue)
    assert names, f"/{route} is new: say in tests/security/routes.py who may open it and which row it names"
    rows = iter(names.split(", "))

    def argument(_: re.Match[str]) -> str:
        row = getattr(estate, next(rows))
        return str(getattr(row, "public_id", row))

    return "/" + re.sub(r"<[^>]+>", argument, route)


def call(method: str, path: str, token: str = "", client: Client | None = None, *, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    client = client or fresh_client()
    if method in ("get", "head", "options", "trace"):
        return getattr(client, method)(path, headers=headers)
    headers |= {"Idempotency-Key": "matrix", "If-Match": "*"}
    return getattr(client, method)(path, body or {}, content_type="application/json", headers=headers)
