from typing import Literal

GetLedgerEntriesOrdering = Literal["-amount", "-hour", "-recorded_at", "amount", "hour", "recorded_at"]

GET_LEDGER_ENTRIES_ORDERING_VALUES: set[GetLedgerEntriesOrdering] = {
    "-amount",
    "-hour",
    "-recorded_at",
    "amount",
    "hour",
    "recorded_at",
}


def check_get_ledger_entries_ordering(value: str) -> GetLedgerEntriesOrdering:
    if value in GET_LEDGER_ENTRIES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_LEDGER_ENTRIES_ORDERING_VALUES!r}")
