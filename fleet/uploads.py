"""Files people send: small ones, held in memory; of one that is too long only the fact is kept."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from fleet.domain.refusals import Refused
from fleet.domain.tables import MOST_BYTES

MOST_TAKEN_IN = 64_000_000
_TOO_LONG = "purser.upload_too_long"


class SmallFiles(MemoryFileUploadHandler):
    """Django's upload handler: no file of anybody's reaches the disk, and none of more than a megabyte the memory."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        self.activated = True
        self.taken = 0
        if content_length > MOST_TAKEN_IN:
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.taken += len(raw_data)
        if self.taken > MOST_BYTES:
            assert self.request is not None
            self.request.META[_TOO_LONG] = True
            raise SkipFile
        super().receive_data_chunk(raw_data, start)


def uploaded(request: HttpRequest, name: str) -> bytes:
    """The bytes of a file of this request. Raises Refused when there is none or it was too long."""
    found = request.FILES.get(name)
    if request.META.get(_TOO_LONG):
        sentence = f"The file is larger than {MOST_BYTES // 1_000_000} MB; nothing was read. Cut it in parts."
        raise Refused("file-long", sentence, field=name)
    if not isinstance(found, UploadedFile):
        raise Refused("file-missing", "Choose a CSV file.", field=name)
    return found.read()
