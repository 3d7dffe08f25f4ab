"""What each problem's code means and what to do about it: the text behind a problem's `type`."""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, tuple[str, str]] = {
    "invalid": (
        "A field or a query parameter cannot be read as it is.",
        "`errors` names each one with a JSON pointer. Correct them and send the request again.",
    ),
    "invisible": (
        "A text holds a character that nobody would see: a control, zero-width or direction character.",
        "The detail names it. Take it out, or type the text anew.",
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
    "https-only": (
        "The request came over plain HTTP.",
        "Use https. Replace the token if one was sent: it was readable on its way.",
    ),
    "token-invalid": ("This is no token of this installation.", "Check that it was copied whole."),
    "token-expired": ("The token's time is over.", "Issue a new one."),
    "token-revoked": ("Somebody revoked the token.", "Issue a new one."),
    "token-address": (
        "The token may be used from certain addresses only, and yours is none of them.",
        "Call from where it is meant to be used, or ask whoever issued it to add your range.",
    ),
    "token-disabled": (
        "The service account of the token is disabled.",
        "Ask an administrator of the project to enable it.",
    ),
    "token-issuer": ("Whoever issued the token may no longer log in.", "Ask for a token of a service account."),
    "token-cap": (
        "The token's own spend cap leaves too little money.",
        "Release what was asked for with it, or ask an administrator of the project to raise its cap.",
    ),
    "token-scopes": (
        "A token would be able to do more than whoever makes it, or than its service account.",
        "Ask for fewer scopes; GET /api/v1/me lists yours.",
    ),
    "token-rotated": ("The token was rotated already.", "Rotate or revoke the newer one of the pair."),
    "last-admin": (
        "A project would be left without an admin.",
        "Make another member admin first, or ask a superuser.",
    ),
    "account-acted": ("A service account that acted stays in the history.", "Disable it instead of deleting it."),
    "project-in-use": ("Something belongs to the project, and history is kept.", "Remove its members and tokens."),
    "rate-limited": (
        "More requests came than the limit of the caller, or of its address, allows in a minute.",
        "Wait the seconds of Retry-After. RateLimit-Policy and RateLimit say what the limits are and what is left.",
    ),
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
    "offer-expired": ("The offer of a capacity block has run out.", "Ask for offers again and buy one of those."),
    "kept-by-nobody": ("No project keeps this paid capacity.", "Use it: every project may."),
    "offer-unknown": (
        "What was named is no offer that was made here and to you, or its account is not bought from any more.",
        "Name the `offer` of an answer of /block-offers that you asked for, whole and unchanged.",
    ),
    "questions-wait": (
        "As many questions of the project for capacity blocks wait already as may.",
        "Read the answers of those first; asking the same again gives the same question.",
    ),
    "offers-unread": (
        "No account could be asked for offers.",
        "The detail holds what each cloud said. Try again, or look at the accounts.",
    ),
    "account-twice": (
        "This account of the cloud is connected already, under another name.",
        "Change that one: its options take more regions, its credential can be rotated.",
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
    "endpoint-decides": (
        "The allocation belongs to an endpoint, which decides how many machines it has and when it ends.",
        "Change or delete the endpoint instead.",
    ),
    "too-late": ("What you would cancel has ended, or is past the point where it can be undone.", "Read it again."),
    "in-use": (
        "An endpoint was made of this model or serving configuration, so it stays as it is.",
        "Register another one with what you want, and give it to the next endpoint.",
    ),
    "replica-ended": ("The replica has stopped or failed.", "Look at the endpoint's other replicas."),
    "machine-cordoned": (
        "The replica's machine takes no new work, so it would stand empty.",
        "Uncordon the machine, or drain the replica.",
    ),
    "replica-leaves": ("The replica's machine is being given back.", "Wait for its replacement; nothing starts there."),
    "replica-moved": ("The replica's state changed at that very moment.", "Read it again and repeat the request."),
    "only-ready-replica": (
        "Nothing else serves the endpoint now, so taking this replica out would leave new requests nowhere to go.",
        "Raise min_replicas, wait until another replica is ready, and ask again.",
    ),
    "too-many-rows": ("These are more rows than one file may have.", "Narrow them with the list's filters."),
    "no-pages": ("As CSV a list comes whole.", "Leave out limit and cursor."),
    "model-config": (
        "The config.json lacks something or is of an architecture that cannot be counted.",
        "The detail names the key.",
    ),
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
