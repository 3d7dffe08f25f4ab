"""Every field of every form a page draws, filled in badly: a sentence beside it, what was typed kept, nothing done.

The forms are those that pages draw for a superuser: a new form is found without being listed here.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from django.contrib.messages import ERROR, get_messages
from django.test import Client

from tests import factories
from tests.api_client import fresh_client
from tests.security import bad_values
from tests.security.bad_values import ABSURDLY_LONG, IMAGE_TAG, INVISIBLE, Rows
from tests.security.bench import strangers_of
from tests.security.estate import Estate
from tests.security.forms import CHOICE, ROW, TEXT, Form, Forms, forms_of, pages_of, words_for
from tests.security.test_matrix import taken_back

NUL = "a\x00b"
NEVER_TAKEN = (*INVISIBLE, ABSURDLY_LONG, NUL)
"""By no field: all fields of a form are filled with it at once, and each is to say so."""
VERSIONS = {"generation": "0", "read": "0" * 32}
"""Hidden fields that say what was on the screen, with what never was."""
DOUBTFUL = {TEXT: (IMAGE_TAG, "NaN", "-1e400", "9" * 400, "24 parsecs"), CHOICE: (IMAGE_TAG,)}
"""A name may well be NaN; a number may not. One field after the other."""


def test_every_form_is_taken_when_it_is_filled_in_well(estate: Estate, root: Client, valkey: Any) -> None:
    """Else what follows would be refused for another reason than the one it looks at."""
    wrong = []
    for form in filled(estate, root):
        with taken_back():
            answer = press(root, form)
            if refused(answer):
                wrong.append(f"{form.action}: {sentences(answer)}")
    assert not wrong, "\n".join(wrong)


def test_every_field_of_every_form_refuses_what_is_bad_and_nothing_is_done(
    estate: Estate, root: Client, valkey: Any
) -> None:
    found = filled(estate, root)
    judge = Judge(root)
    for form in found:
        for value in NEVER_TAKEN:
            for name in judge.unsaid(form, dict.fromkeys(form.written, value)):
                judge.look(form, name, value)
        for name in form.written:
            for value in DOUBTFUL[form.kinds[name]]:
                judge.look(form, name, value)
    fields = sum(len(form.written) for form in found)
    print(f"{len(found)} forms, {fields} fields, {judge.posts} posts")
    assert len(found) >= 30 and fields >= 150, f"only {len(found)} forms, {fields} fields"
    assert not judge.wrong, f"{len(judge.wrong)} are wrong\n" + "\n".join(judge.wrong)


def test_a_form_about_a_version_that_is_gone_is_refused_and_nothing_is_done(
    estate: Estate, root: Client, valkey: Any
) -> None:
    found, seen = forms_of(root, pages_of(estate), words_for(estate)), []
    judge = Judge(root)
    for form in found:
        if form.action.endswith("/configs/new"):
            continue  # adds to a model, and sets nothing of it back
        for name in set(VERSIONS) & set(form.hidden):
            about = planned(root, form) if "step" in form.fields else form
            with taken_back():
                answer = press(root, about, {name: VERSIONS[name]})
                changed = judge.rows.changed(judge.before)
            said = sentences(answer)
            if changed or not any("changed" in one and "since you" in one for one in said):
                judge.wrong.append(f"{form.action}: {answer.status_code} {changed} {said}")
            seen.append(form.action)
    assert not judge.wrong, "\n".join(judge.wrong)
    assert len(seen) >= 14, seen


def test_a_row_of_another_project_is_taken_by_no_form(estate: Estate, valkey: Any) -> None:
    client = fresh_client()
    client.force_login(factories.member(estate.mine, "admin"))
    theirs, found, seen = strangers_of(estate), forms_of(client, pages_of(estate), words_for(estate)), []
    judge = Judge(client)
    for form in found:
        for name, value in form.fields.items():
            row = ROW.fullmatch(value)
            if not row and name != "project":
                continue
            with taken_back():
                answer = press(client, form, {name: theirs[value.partition("_")[0] if row else "slug"]})
                changed = judge.rows.changed(judge.before)
            shown = f">{estate.other.slug}<" in b"".join(answer).decode()
            if changed or shown or answer.status_code >= 500:
                judge.wrong.append(f"{form.action} {name}: {answer.status_code} {changed}")
            seen.append(f"{form.action} {name}")
    assert not judge.wrong, "\n".join(judge.wrong)
    assert len(seen) >= 8, seen


def planned(client: Client, form: Form) -> Form:
    """The form as it stands beside its plan, about to be pressed for good."""
    form.fields |= {"accelerator_count": "16"} if "accelerator_count" in form.fields else {}
    page = press(client, form, {"step": "plan"}).content.decode()
    shown = next(one for one in Forms(page, form.action).found if one.action == form.action)
    shown.fields |= {"step": "go"} | ({"typed": form.fields["typed"]} if "typed" in form.fields else {})
    return shown


def filled(estate: Estate, client: Client) -> list[Form]:
    return [form for form in forms_of(client, pages_of(estate), words_for(estate)) if form.written]


class Judge:
    """Sends what is bad and keeps what is wrong with the answers."""

    def __init__(self, client: Client) -> None:
        self.client, self.rows, self.posts, self.wrong = client, Rows(), 0, list[str]()
        self.before = self.rows.digest()

    def press(self, form: Form, typed: Mapping[str, str]) -> tuple[Any, list[str]]:
        """The answer, and the tables it wrote to although it is a refusal."""
        self.posts += 1
        with taken_back(), bad_values.writes() as made:
            answer = press(self.client, form, typed)
            changed = self.rows.changed(self.before) if made and refused(answer) else []
        return answer, changed

    def unsaid(self, form: Form, typed: Mapping[str, str]) -> list[str]:
        """The fields of which the answer does not say beside them what is wrong: they are to be sent alone."""
        answer, changed = self.press(form, typed)
        page = b"".join(answer).decode()
        if (
            answer.status_code != 422
            or changed
            or any(not bad_values.is_a_sentence(said) for said in sentences(answer))
        ):
            return list(typed)
        return [name for name in typed if not said_beside(page, name)]

    def look(self, form: Form, name: str, value: str) -> None:
        answer, changed = self.press(form, {name: value})
        problem = f"rows changed in {changed}" if changed else wrong_with(answer, form, name, value)
        if problem:
            self.wrong.append(f"{form.action} {name} = {ascii(value)[:40]}: {answer.status_code} {problem}")


def press(client: Client, form: Form, typed: Mapping[str, str] | None = None) -> Any:
    client.cookies.pop("purser-messages", None)  # what was said of the form before
    return client.post(form.action, {**form.fields, **(typed or {})})


def refused(answer: Any) -> bool:
    return answer.status_code >= 400 or bool(complaints(answer))


def complaints(answer: Any) -> list[str]:
    """What the page one is sent to will say went wrong."""
    return [str(said) for said in get_messages(answer.wsgi_request) if said.level == ERROR]


def sentences(answer: Any) -> list[str]:
    """Everything an answer says is wrong."""
    page = b"".join(answer).decode()
    beside = re.findall(r'class="error"[^>]*>(.*?)</p>', page, re.DOTALL)
    above = re.findall(r'role="alert"[^>]*>(.*?)</div>', page, re.DOTALL)
    return [_text(said) for said in [*beside, *above]] + complaints(answer)


def said_beside(page: str, name: str) -> bool:
    return re.search(rf'id="(\w+_)?{re.escape(name)}_error"', page) is not None


def _text(said: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", said)).split())


def wrong_with(answer: Any, form: Form, name: str, value: str) -> str:
    """Empty, or what is wrong with the answer to one bad field."""
    if answer.status_code >= 500:
        return "is a fault"
    page = b"".join(answer).decode()
    if IMAGE_TAG in page:
        return "shows HTML as HTML"
    if not refused(answer):
        return "is taken" if value in NEVER_TAKEN else ""
    said = sentences(answer)
    if not said:
        return "is refused without a sentence"
    for sentence in said:
        if not bad_values.is_a_sentence(sentence):
            return f"says {sentence[:200]!r}"
    if f'name="{name}"' not in page:
        return ""
    if not said_beside(page, name):
        return f"says it elsewhere than beside the field: {said}"
    lost = value == IMAGE_TAG and form.kinds[name] != CHOICE and "&lt;img src=x onerror=" not in page
    return "loses what was typed" if lost else ""
