"""Who may call the clouds, and as which account."""

from __future__ import annotations

from aiohttp import web

from sandbox.ledger import Ledger
from sandbox.vendors import refusal

DEFAULT_CREDENTIAL = "sandbox"
STATUSES = ("ok", "revoked")


class Credentials:
    """Known credentials; 'sandbox' is there from the start and names account 'sandbox'."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        rows = ledger.rows("SELECT credential, status, account_id FROM credentials")
        self._known: dict[str, tuple[str, str]] = {DEFAULT_CREDENTIAL: ("ok", "sandbox")} | {
            row["credential"]: (row["status"], row["account_id"]) for row in rows
        }

    def put(self, credential: str, status: str, account_id: str | None) -> str:
        """Set a credential; without an account it keeps the one it has, or gets one of its own name."""
        if status not in STATUSES:
            raise ValueError(f"A credential's status is one of {', '.join(STATUSES)}, not {status!r}.")
        account_id = account_id or self._known.get(credential, ("", credential))[1]
        self._known[credential] = (status, account_id)
        self._ledger.write("INSERT OR REPLACE INTO credentials VALUES (?, ?, ?)", [(credential, status, account_id)])
        return account_id

    def account_of(self, cloud: str, request: web.Request) -> str:
        """The account a request speaks for. Raises VendorError 401."""
        scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
        status, account_id = self._known.get(credential, ("unknown", ""))
        if scheme != "Bearer" or status != "ok":
            raise refusal(cloud, "unauthenticated", f"The credential is missing, {status} or malformed.")
        return account_id
