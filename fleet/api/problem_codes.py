"""What each problem's code means and what to do about it: the text behind a problem's `type`."""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, tuple[str, str]] = {
    "invalid": (
        "A field or a query parameter cannot be read as it is.",
        "`errors` names each one with a JSON pointer. Correct them and send the request again.",
    ),
    "broken-json": ("The body is not JSON.", "Send JSON in UTF-8; the detail says where it breaks."),
    "idempotency-key": (
        "The call spends money and carried no Idempotency-Key, or one that is not 1 to 255 printable characters.",
        "Send a new key for each new request and the same key when you repeat one.",
    ),
    "idempotency-in-progress": (
        "The first request with this key has not been answered yet.",
        "Wait the seconds of Retry-After and repeat it with the same key.",
    ),
    "idempotency-mismatch": (
        "This key has answered a request that said something else.",
        "Make a new key for a new request.",
    ),
    "not-authenticated": ("Nobody's name came with the request.", "Send Authorization: Bearer and a token."),
    "token-invalid": ("This is no token of this installation.", "Check that it was copied whole."),
    "token-expired": ("The token's time is over.", "Issue a new one."),
    "token-revoked": ("Somebody revoked the token.", "Issue a new one."),
    "scope": (
        "The caller may not do this here.",
        "The detail names the scope. Ask an administrator of the project for a role or a token that has it.",
    ),
    "prove-yourself": (
        "What could hurt most needs a browser that proved itself lately.",
        "Log in once more, then repeat the request.",
    ),
    "not-found": (
        "There is no such thing, or it belongs to a project of somebody else.",
        "Check the id, and that the token is one of the right project.",
    ),
    "changed": (
        "Somebody changed it after you read it, so nothing of theirs was overwritten.",
        "Read it again, decide again, and repeat the request with the new ETag as If-Match.",
    ),
    "precondition-required": (
        "A change must say which version it means.",
        "Send the ETag of what you read as If-Match, or If-Match: * for whatever it is by now.",
    ),
    "too-long": ("The body is longer than 1 MB.", "Send less at a time."),
    "cursor": ("The cursor is not one of ours, or belongs to another ordering.", "Start without a cursor."),
    "unknown-field": ("`fields` names something the rows do not have.", "The detail suggests the nearest name."),
    "quota": (
        "A quota leaves too little room.",
        "Release accelerators, or ask whoever may write limits to raise the quota.",
    ),
    "budget": ("A budget leaves too little money.", "Release machines, or ask for a higher cap."),
    "no-offering": (
        "Nothing on sale meets the demand, now or later.",
        "Ask with ?dry_run=true: for every offering the answer says why it loses.",
    ),
    "name-taken": ("Something living has this name already.", "Choose another name."),
    "limit-taken": ("There is a quota or budget for exactly this already.", "Change that one."),
    "not-allowed": (
        "The caller may see this and may not do it.",
        "The detail says whom it takes: another role, or another person than the one who asked.",
    ),
    "change-waiting": (
        "Another change of the same quota or budget waits for approval.",
        "Have that one approved or refused first.",
    ),
    "change-decided": ("The change was approved, refused or expired before.", "Read it, and ask again if need be."),
    "allocation-ended": ("The allocation is being released or has ended.", "Request a new one."),
    "endpoint-ended": ("The endpoint is being deleted or is gone.", "Create a new one."),
    "allocation-serves": (
        "The allocation belongs to an endpoint, which decides how many machines it has.",
        "Change or delete the endpoint instead.",
    ),
    "too-late": ("What you would cancel has ended, or is past the point where it can be undone.", "Read it again."),
    "internal": (
        "A fault of ours.",
        "Repeat it later. The request id finds it in the log of the installation.",
    ),
}


def meaning(code: str) -> tuple[str, str]:
    """What the code means and what to do; most codes say both in the problem's own `detail`."""
    return MEANINGS.get(
        code,
        ("The request was understood and cannot be carried out.", "The problem's `detail` says why and what to do."),
    )
