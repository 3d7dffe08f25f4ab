"""What the schema says once all of it is known."""

from __future__ import annotations

from typing import Any

SPARSE = "SparsePage"
_PARAMETER = "fields"


def sparse_pages(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A list that takes `fields` answers with whole rows, or with rows of only those fields."""
    answers = [
        operation["responses"]["200"]["content"]["application/json"]
        for path in result["paths"].values()
        for method, operation in path.items()
        if method == "get" and any(one["name"] == _PARAMETER for one in operation.get("parameters", ()))
    ]
    for content in answers:
        content["schema"] = {"anyOf": [content["schema"], {"$ref": f"#/components/schemas/{SPARSE}"}]}
    if answers:
        result["components"]["schemas"][SPARSE] = {
            "type": "object",
            "description": "A page of rows of which only some fields were asked for.",
            "properties": {
                "items": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
                "next_cursor": {"type": ["string", "null"], "description": "Empty on the last page"},
                "next": {"type": ["string", "null"], "description": "The next page's path with all parameters"},
            },
            "required": ["items", "next", "next_cursor"],
        }
    return result
