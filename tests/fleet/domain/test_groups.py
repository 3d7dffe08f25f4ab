"""What groups give is written as text, refused by its variable's name, and decided by the first rule that fits."""

import pytest

from fleet.domain.groups import Granted, Rule, granted, read_groups


def test_rules_stand_on_lines_or_between_semicolons():
    text = "ops = chat:operator; root=superuser\n\n CN=ml,OU=Groups = *:viewer ;"
    assert read_groups(text) == (Rule("ops", "chat", "operator"), Rule("root"), Rule("CN=ml,OU=Groups", "*", "viewer"))
    assert read_groups("") == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ops", "must look like"),
        ("= chat:operator", "must look like"),
        ("ops = chat", "names the role ''"),
        ("ops = chat:owner", "one of viewer, billing, operator, admin"),
        ("ops = two words:viewer", "no project's short name"),
        ("ops = :viewer", "no project's short name"),
    ],
)
def test_what_is_no_rule_is_refused_in_a_sentence(text, why):
    with pytest.raises(ValueError, match=why):
        read_groups(text)


RULES = read_groups("ops = chat:operator; all = *:viewer; all = chat:admin; ops = gone:admin")


@pytest.mark.parametrize(
    ("groups", "given"),
    [
        ([], Granted()),
        (["strangers"], Granted()),
        (["OPS"], Granted()),
        (["ops"], Granted(False, {"chat": "operator"})),
        (["all"], Granted(False, {"chat": "viewer", "batch": "viewer"})),
        (["all", "ops"], Granted(False, {"chat": "operator", "batch": "viewer"})),
    ],
)
def test_the_first_rule_that_fits_a_project_decides(groups, given):
    assert granted(RULES, groups, ["batch", "chat"]) == given


def test_a_superuser_needs_no_project():
    assert granted(read_groups("root = superuser"), ["root"], []) == Granted(True, {})
    assert not granted(read_groups("root = superuser"), ["root"], []).nothing
    assert granted(RULES, [], ["chat"]).nothing
