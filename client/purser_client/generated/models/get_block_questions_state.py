from typing import Literal

GetBlockQuestionsState = Literal["answered", "asking", "failed", "waiting"]

GET_BLOCK_QUESTIONS_STATE_VALUES: set[GetBlockQuestionsState] = {
    "answered",
    "asking",
    "failed",
    "waiting",
}


def check_get_block_questions_state(value: str) -> GetBlockQuestionsState:
    if value in GET_BLOCK_QUESTIONS_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_BLOCK_QUESTIONS_STATE_VALUES!r}")
