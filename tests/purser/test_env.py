"""The environment's readers refuse a bad value by the variable's name."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from purser.env import env_bool, env_float, env_int, env_list, env_secret, env_str, env_url

READERS = {
    "bool": lambda: env_bool("IT", False),
    "int": lambda: env_int("IT", 5, minimum=1, maximum=10),
    "float": lambda: env_float("IT", 0.5, minimum=0.0, maximum=1.0),
    "str": lambda: env_str("IT", "a", choices=("a", "b")),
    "list": lambda: env_list("IT", ["x"]),
    "secret": lambda: env_secret("IT", "quiet"),
    "url": lambda: env_url("IT", "redis://here", schemes=("redis", "rediss")).geturl(),
}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bool", "", False),
        ("bool", " Yes ", True),
        ("bool", "0", False),
        ("int", "", 5),
        ("int", "10", 10),
        ("float", "1", 1.0),
        ("float", "", 0.5),
        ("str", "b", "b"),
        ("str", "  ", "a"),
        ("list", " a, ,b ", ["a", "b"]),
        ("list", "", ["x"]),
        ("secret", "s3cret", "s3cret"),
        ("url", "rediss://:p%40ss@there:6380/1", "rediss://:p%40ss@there:6380/1"),
    ],
)
def test_a_good_value_is_read_and_an_empty_one_counts_as_unset(monkeypatch, kind, text, value):
    monkeypatch.setenv("IT", text)
    assert READERS[kind]() == value


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("bool", "maybe", "IT is 'maybe'; it must be true or false"),
        ("int", "1.5", "IT is '1.5'; it must be a whole number"),
        ("int", "11", "IT is 11; it must be between 1 and 10"),
        ("int", "-1", "IT is -1; it must be between 1 and 10"),
        ("float", "nan", "IT is nan; it must be between"),
        ("float", "half", "IT is 'half'; it must be a number"),
        ("str", "c", "IT is 'c'; it must be one of a, b"),
        ("url", "http://there", "IT must look like redis://host"),
        ("url", "redis://", "IT must look like redis://host"),
        ("url", "redis://there:port/0", "IT is not a URL"),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch, kind, text, says):
    monkeypatch.setenv("IT", text)
    with pytest.raises(ImproperlyConfigured, match=says.replace("(", r"\(")):
        READERS[kind]()


def test_a_required_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("IT", raising=False)
    with pytest.raises(ImproperlyConfigured, match="IT is not set"):
        env_str("IT")


def test_a_refused_url_never_shows_the_password_in_it(monkeypatch):
    monkeypatch.setenv("IT", "mysql://user:hunter2@there/db")
    with pytest.raises(ImproperlyConfigured) as refusal:
        READERS["url"]()
    assert "hunter2" not in str(refusal.value)


def test_a_secret_comes_from_the_file_that_is_named(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.delenv("IT", raising=False)
    monkeypatch.setenv("IT_FILE", str(tmp_path / "key"))
    assert env_secret("IT") == "from the file"


@pytest.mark.parametrize(
    ("content", "also", "says"),
    [(None, "", "which cannot be read"), ("", "", "which is empty"), ("a", "b", "are both set")],
)
def test_a_secret_file_that_cannot_serve_is_refused_by_name(monkeypatch, tmp_path, content, also, says):
    if content is not None:
        (tmp_path / "key").write_text(content)
    monkeypatch.setenv("IT", also)
    monkeypatch.setenv("IT_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match=f"IT_FILE.*{says}"):
        env_secret("IT")
