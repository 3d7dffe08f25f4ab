"""More than a request may hold: a sentence with the limit it passed, and nothing half done."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from fleet.api.wire import MAX_BODY_BYTES
from fleet.domain.tables import MOST_BYTES
from fleet.models import Budget, Event, Quota, Token
from tests import factories
from tests.api_client import ApiClient, fresh_client
from tests.security.callers import Caller
from tests.security.estate import Estate


@pytest.fixture
def root(estate: Estate) -> Any:
    somebody = Caller("superuser", user=factories.user(is_superuser=True, is_staff=True))
    somebody.log_in()
    return somebody.session


def rows() -> list[int]:
    return [model.objects.count() for model in (Event, Token, Quota, Budget)]


FORMS = ("/settings/tokens/new", "/settings/limits/new/quota", "/fleet/allocate/plan", "/admin/fleet/quota/add/")


@pytest.mark.parametrize("path", FORMS)
def test_a_form_that_is_too_long_is_not_read(root: Any, path: str) -> None:
    before = rows()
    body = b"name=" + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    answer = root.post(path, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert f"longer than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes" in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize("path", FORMS)
def test_a_form_of_too_many_fields_is_not_read(root: Any, path: str) -> None:
    before = rows()
    many = {f"field-{number}": "1" for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    body = "&".join(f"{name}={value}" for name, value in many.items())
    for data, kind in ((body, "application/x-www-form-urlencoded"), (many, None)):
        answer = root.post(path, data, **({"content_type": kind} if kind else {}))
        assert answer.status_code == 413
        assert f"more than {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields" in answer.content.decode()
    assert rows() == before


def test_too_many_files_are_not_read(root: Any) -> None:
    before = rows()
    many = {
        f"file-{number}": SimpleUploadedFile("a.csv", b"project,cap\n")
        for number in range(settings.DATA_UPLOAD_MAX_NUMBER_FILES + 1)
    }
    answer = root.post("/settings/limits/file/quota", many)
    assert answer.status_code == 413
    assert f"more than {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files" in answer.content.decode()
    assert rows() == before


@pytest.mark.parametrize("path", ["/settings/limits/file/quota", "/settings/limits/file/budget"])
@pytest.mark.parametrize("kind", ["too long", "no table", "a picture"])
def test_a_file_that_is_too_long_or_no_table_changes_nothing(root: Any, path: str, kind: str) -> None:
    before = rows()
    content = {"too long": b"x" * (MOST_BYTES + 1), "no table": b"\xff\xfe\x00\x01", "a picture": b"\x89PNG\r\n\x1a\n"}
    answer = root.post(path, {"file": SimpleUploadedFile("../../limits.csv", content[kind])})
    assert answer.status_code == 422
    assert kind != "too long" or "larger than 1 MB" in answer.content.decode()
    assert rows() == before


def test_a_body_that_is_too_long_is_not_parsed(estate: Estate) -> None:
    before = rows()
    api = ApiClient(estate.token)
    answer = api.post("allocations", b'{"name": "' + b"x" * MAX_BODY_BYTES + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too-long")
    assert f"{MAX_BODY_BYTES}" in answer.json()["detail"]
    assert rows() == before


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_the_api_takes_no_form(estate: Estate, kind: str) -> None:
    """So no page of another site can send one without asking first."""
    headers = {"Authorization": f"Bearer {estate.token}", "Idempotency-Key": "a-form"}
    before = rows()
    with transaction.atomic():
        answer = fresh_client().post("/api/v1/allocations", b"name=x", content_type=kind, headers=headers)
    assert answer.status_code == 415
    assert rows() == before
