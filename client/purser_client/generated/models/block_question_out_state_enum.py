from typing import Literal

BlockQuestionOutStateEnum = Literal["answered", "asking", "failed", "waiting"]

BLOCK_QUESTION_OUT_STATE_ENUM_VALUES: set[BlockQuestionOutStateEnum] = {
    "answered",
    "asking",
    "failed",
    "waiting",
}


def check_block_question_out_state_enum(value: str) -> BlockQuestionOutStateEnum:
    if value in BLOCK_QUESTION_OUT_STATE_ENUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {BLOCK_QUESTION_OUT_STATE_ENUM_VALUES!r}")
