from typing import Literal

GetAccountsOrdering = Literal["-cloud", "-last_read_at", "-name", "cloud", "last_read_at", "name"]

GET_ACCOUNTS_ORDERING_VALUES: set[GetAccountsOrdering] = {
    "-cloud",
    "-last_read_at",
    "-name",
    "cloud",
    "last_read_at",
    "name",
}


def check_get_accounts_ordering(value: str) -> GetAccountsOrdering:
    if value in GET_ACCOUNTS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_ACCOUNTS_ORDERING_VALUES!r}")
