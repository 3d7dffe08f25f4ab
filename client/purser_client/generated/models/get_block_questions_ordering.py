from typing import Literal

GetBlockQuestionsOrdering = Literal["-asked_at", "asked_at"]

GET_BLOCK_QUESTIONS_ORDERING_VALUES: set[GetBlockQuestionsOrdering] = {
    "-asked_at",
    "asked_at",
}


def check_get_block_questions_ordering(value: str) -> GetBlockQuestionsOrdering:
    if value in GET_BLOCK_QUESTIONS_ORDERING_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_BLOCK_QUESTIONS_ORDERING_VALUES!r}")
