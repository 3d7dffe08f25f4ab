from typing import Literal

GetCapacityMemoriesOrdering = Literal[
    "-attempts",
    "-cooldown_until",
    "-last_refusal_at",
    "-last_success_at",
    "-refusals",
    "attempts",
    "cooldown_until",
    "last_refusal_at",
    "last_success_at",
    "refusals",
]

GET_CAPACITY_MEMORIES_ORDERING_VALUES: set[GetCapacityMemoriesOrdering] = {
    "-attempts",
    "-cooldown_until",
    "-last_refusal_at",
    "-last_success_at",
    "-refusals",
    "attempts",
    "cooldown_until",
    "last_refusal_at",
    "last_success_at",
    "refusals",
}


def check_get_capacity_memories_ordering(value: str) -> GetCapacityMemoriesOrdering:
    if value in GET_CAPACITY_MEMORIES_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_CAPACITY_MEMORIES_ORDERING_VALUES!r}")
