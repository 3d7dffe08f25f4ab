"""Which passwords are taken: long ones that nobody would guess. What they are made of is their owner's choice."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

LONGEST = 4096
READ_AT_MOST = 72  # what lies behind makes a password no easier to guess, and reading it all takes long
GOOD_ENOUGH = 3  # of 0 to 4: more than a hundred million guesses
LEFT_AT_LEAST = 8  # characters besides names and our own words
OWN_WORDS = ("purser", "fleet", "endpoints", "endpoint", "accelerator", "allocation", "inference", "budget")


class NotTooLong:
    """Hashing text without end is work for nothing."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"A password has at most {LONGEST} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return ""


class HardToGuess:
    """Asks zxcvbn, offline: breached and common passwords, names, words, keyboard walks, dates, repetitions."""

    def validate(self, password: str, user: User | None = None) -> None:
        names = [user.get_username(), user.first_name, user.last_name, user.email] if user is not None else []
        known = [word.lower() for word in (*names, *OWN_WORDS) if len(word) > 2]
        if len(_without(password.lower(), known)) < LEFT_AT_LEAST:
            raise ValidationError("This one is little more than your name or Purser's own words.", code="too_similar")
        found = zxcvbn(password[:READ_AT_MOST], user_inputs=known, max_length=READ_AT_MOST)
        if found["score"] < GOOD_ENOUGH:
            why = (found["feedback"]["warning"] or "Parts of it are on lists of breached or common passwords.").rstrip(
                "."
            )
            raise ValidationError(
                f"This one can be guessed. {why}. Four or more unrelated words do well.", code="guessable"
            )

    def get_help_text(self) -> str:
        return (
            "At least 12 characters, better 15 or more. Spaces and every kind of character are fine, none is required. "
            "Several unrelated words do well; what is on lists of breached passwords is refused."
        )


def _without(text: str, words: list[str]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text
