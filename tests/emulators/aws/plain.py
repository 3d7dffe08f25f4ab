"""moto as it comes, called in this process: what it does well is left to it."""

from __future__ import annotations

import json
from typing import Any, Literal
from urllib.parse import urlencode

from botocore.parsers import create_parser
from moto.backends import get_backend
from moto.core.model_instances import reset_model_data
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from tests.emulators.aws.wire import Refused, model
from tests.emulators.faults import Reply, Request

LEFT_OUT = {"host", "content-length", "content-type", "connection", "accept-encoding", "transfer-encoding", "expect"}
STATEFUL: list[Literal["ec2", "sqs", "sts"]] = ["ec2", "sqs", "sts"]


class Moto:
    """Every AWS service that moto has, each in the account it is told."""

    def __init__(self) -> None:
        self._client = Client(DomainDispatcherApplication(create_backend_app))

    def answer(self, request: Request, account: str, base_url: str) -> Reply:
        """moto's own answer to a request that came over the wire."""
        headers = {name: value for name, value in request.headers.items() if name not in LEFT_OUT}
        answer = self._client.open(
            request.path,
            method=request.method,
            query_string=request.query,
            data=request.body,
            base_url=base_url,
            content_type=request.headers.get("content-type"),
            headers={**headers, "x-moto-account-id": account},
        )
        told = {
            name: value for name, value in answer.headers.items() if name.lower() not in LEFT_OUT - {"content-type"}
        }
        return Reply(answer.status_code, answer.get_data(), told)

    def ec2(self, account: str, region: str, form: dict[str, str]) -> dict[str, Any]:
        """An EC2 call of our own, its answer as boto3 would read it. Raises Refused with moto's error."""
        reply = self._signed("ec2", account, region, urlencode(form).encode(), "application/x-www-form-urlencoded")
        shape = model("ec2", form["Action"]).output_shape
        read = create_parser("ec2").parse(
            {"status_code": reply.status, "headers": reply.headers, "body": reply.body}, shape
        )
        if reply.status >= 400:
            raise Refused(read["Error"]["Code"], read["Error"]["Message"], reply.status)
        return dict(read)

    def sqs(self, account: str, region: str, operation: str, params: dict[str, Any], base_url: str) -> dict[str, Any]:
        """An SQS call of our own."""
        body, kind = json.dumps(params).encode(), "application/x-amz-json-1.0"
        reply = self._signed("sqs", account, region, body, kind, base_url, **{"x-amz-target": f"AmazonSQS.{operation}"})
        assert reply.status == 200, reply
        return dict(json.loads(reply.body))

    def reset(self) -> None:
        """Forget everything in every account."""
        backends = [get_backend(service) for service in STATEFUL]
        for backend in (
            backend for accounts in backends for account in accounts.values() for backend in account.values()
        ):
            backend.reset()
        reset_model_data()

    def _signed(
        self,
        service: str,
        account: str,
        region: str,
        body: bytes,
        content_type: str,
        base_url: str = "http://127.0.0.1",
        **headers: str,
    ) -> Reply:
        scope = f"AWS4-HMAC-SHA256 Credential=AKIAOURSELVES/20260101/{region}/{service}/aws4_request, Signature=none"
        headers = {"authorization": scope, "content-type": content_type, **headers}
        return self.answer(Request("POST", "/", "", headers, body), account, base_url)
