"""Path converters: what has not the shape of an id is no route, and never reaches the database."""

from django.urls import register_converter


class PublicId:
    regex = "[a-z]{2,8}_[0-9a-f]{32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PublicId, "public_id")
