from typing import Literal

GetWebhookMessagesState = Literal["delivered", "given-up", "waiting"]

GET_WEBHOOK_MESSAGES_STATE_VALUES: set[GetWebhookMessagesState] = {
    "delivered",
    "given-up",
    "waiting",
}


def check_get_webhook_messages_state(value: str) -> GetWebhookMessagesState:
    if value in GET_WEBHOOK_MESSAGES_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {GET_WEBHOOK_MESSAGES_STATE_VALUES!r}")
