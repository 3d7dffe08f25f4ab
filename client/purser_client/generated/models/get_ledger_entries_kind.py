from typing import Literal

GetLedgerEntriesKind = Literal["leak", "machine", "prepaid", "unused"]

GET_LEDGER_ENTRIES_KIND_VALUES: set[GetLedgerEntriesKind] = {
    "leak",
    "machine",
    "prepaid",
    "unused",
}


def check_get_ledger_entries_kind(value: str) -> GetLedgerEntriesKind:
    if value in GET_LEDGER_ENTRIES_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_LEDGER_ENTRIES_KIND_VALUES!r}")
