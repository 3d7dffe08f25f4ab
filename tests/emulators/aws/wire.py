"""AWS's wire formats, read and written by the real service models through moto's own parsers and serialisers."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import OperationModel
from botocore.utils import parse_timestamp
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.serialize import EC2Serializer, JSONSerializer
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict

from tests.emulators.faults import Reply, Request

# What a request is signed for -> the name of its model.
MODELS = {"servicequotas": "service-quotas"}
_SIGNED = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
XML = {"Content-Type": "text/xml;charset=UTF-8"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


class Refused(Exception):
    """An error as the cloud says it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Call:
    """One request: who signed it, for which service and region, and what it asks."""

    request: Request
    access_key: str
    region: str
    service: str

    @classmethod
    def of(cls, request: Request) -> Call:
        signed = _SIGNED.search(request.headers.get("authorization", ""))
        return cls(request, *(signed.groups() if signed else ("", "", "")))

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of the query protocols, flat."""
        if "x-amz-target" in self.request.headers:
            return {}
        return dict(parse_qsl(self.request.text or self.request.query, keep_blank_values=True))

    @cached_property
    def operation(self) -> str:
        target = self.request.headers.get("x-amz-target", "")
        return target.rpartition(".")[2] or self.form.get("Action", "")

    @cached_property
    def params(self) -> dict[str, Any]:
        """The parameters as boto3's caller wrote them."""
        if self.service == "ec2":
            return parsed(self.operation, self.form)
        return dict(json.loads(self.request.body or b"{}"))


def model(service: str, operation: str) -> OperationModel:
    """Raises Refused when the service knows no such operation."""
    known = get_service_model(MODELS.get(service, service))
    if operation not in known.operation_names:
        raise Refused("InvalidAction", f"The action {operation} is not valid for this web service.")
    return known.operation_model(operation)


def parsed(operation: str, form: dict[str, str]) -> dict[str, Any]:
    """EC2's flat parameters as the nested ones that boto3 takes."""
    request: Any = {
        "values": MultiDict(form),
        "body": "",
        "headers": {},
        "method": "POST",
        "url_params": {},
        "url_path": "/",
    }
    # moto's own parser of times forgets their zone.
    parser = PROTOCOL_PARSERS["ec2"](model("ec2", operation), timestamp_parser=parse_timestamp)
    return dict(parser.parse(request) or {})


def written(call: Call, result: dict[str, Any]) -> Reply:
    """An answer in the format of the call's service."""
    operation = model(call.service, call.operation)
    serializer = EC2Serializer if call.service == "ec2" else JSONSerializer
    answer = serializer(operation).serialize(result)
    headers = {name: str(value) for name, value in answer["headers"].items()}
    return Reply(answer["status_code"], str(answer["body"]).encode(), headers)


def error(call: Call, refused: Refused) -> Reply:
    """An error in the format of the call's service."""
    code, message, request_id = escape(refused.code), escape(refused.message), uuid.uuid4()
    if call.service == "ec2":
        told = f"<Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        body = f"<?xml version='1.0'?><Response>{told}<RequestID>{request_id}</RequestID></Response>"
        return Reply(refused.status, body.encode(), XML)
    if "x-amz-target" in call.request.headers:
        body = json.dumps({"__type": refused.code, "message": refused.message})
        return Reply(refused.status, body.encode(), {**JSON, "x-amzn-RequestId": str(request_id)})
    side = "Receiver" if refused.status >= 500 else "Sender"
    told = f"<Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f"<ErrorResponse>{told}<RequestId>{request_id}</RequestId></ErrorResponse>"
    return Reply(refused.status, body.encode(), XML)
