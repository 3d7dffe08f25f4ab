"""Microsoft Entra as far as an application signs in: its description, and tokens."""

from __future__ import annotations

import json
import re
import secrets
from urllib.parse import parse_qs

from tests.emulators.azure.world import World
from tests.emulators.faults import Reply, Request

_PATH = re.compile(r"/([^/]+)/(v2\.0/\.well-known/openid-configuration|oauth2/v2\.0/token)")
JSON = {"Content-Type": "application/json; charset=utf-8"}
LIFE_SECONDS = 3599


def asked_for(path: str) -> re.Match[str] | None:
    return _PATH.fullmatch(path)


def sign_in(world: World, request: Request) -> Reply:
    matched = asked_for(request.path)
    assert matched is not None
    tenant, what = matched.groups()
    if what != "oauth2/v2.0/token":
        url = f"https://{request.headers['host']}/{tenant}"
        told = {
            "token_endpoint": f"{url}/oauth2/v2.0/token",
            "authorization_endpoint": f"{url}/oauth2/v2.0/authorize",
            "issuer": f"{url}/v2.0",
            "jwks_uri": f"{url}/discovery/v2.0/keys",
        }
        return Reply(200, json.dumps(told).encode(), JSON)
    form = {name: values[-1] for name, values in parse_qs(request.text).items()}
    credential = world.credentials.get(form.get("client_id", ""))
    if form.get("grant_type") != "client_credentials" or "/.default" not in form.get("scope", ""):
        return _refused("invalid_request", "AADSTS900144: The request body must contain other parameters.", 400)
    if credential is None or credential.tenant != tenant:
        return _refused("unauthorized_client", "AADSTS700016: Application was not found in the directory.", 400)
    if not credential.works or form.get("client_secret") != credential.secret:
        return _refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
    token = secrets.token_urlsafe(24)
    world.tokens[token] = form["client_id"]
    told = {"token_type": "Bearer", "expires_in": LIFE_SECONDS, "ext_expires_in": LIFE_SECONDS, "access_token": token}
    return Reply(200, json.dumps(told).encode(), JSON)


def _refused(kind: str, description: str, status: int) -> Reply:
    return Reply(status, json.dumps({"error": kind, "error_description": description}).encode(), JSON)
