"""STS AssumeRole: a key of the role's own account, for as long as the test said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.emulators.aws.machines import now
from tests.emulators.aws.wire import XML, Call, Refused
from tests.emulators.aws.world import Credential, Role, World
from tests.emulators.faults import Reply

ANSWER = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROA:purser</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>
<SessionToken>{token}</SessionToken><Expiration>{expires}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""


def assume(world: World, caller: str, call: Call) -> Reply:
    """The answer to AssumeRole. Raises Refused for a role that is not there, or does not trust the caller."""
    form: dict[str, Any] = call.form
    arn = str(form["RoleArn"])
    role = world.roles.get(arn)
    if role is None or role.external_id != form.get("ExternalId", ""):
        told = (
            f"User: arn:aws:iam::{caller}:user/purser is not authorized to perform: sts:AssumeRole on resource: {arn}"
        )
        raise Refused("AccessDenied", told, 403)
    key = f"ASIA{len(world.credentials):016d}"
    ends = now() + timedelta(seconds=role.seconds)
    world.credentials[key] = Credential("hush", role.account, {}, expires_at=ends)
    said = ANSWER.format(
        arn=arn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/purser",
        key=key, secret="hush-of-the-role", token="hush-token", expires=ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )  # fmt: skip
    return Reply(200, said.encode(), XML)


def made(world: World, role_arn: str, external_id: str = "", seconds: float = 3600) -> dict[str, str]:
    """A role in the account that its name says."""
    account = role_arn.split(":")[4]
    world.roles[role_arn] = Role(account, external_id, seconds)
    return {"account_id": account}
