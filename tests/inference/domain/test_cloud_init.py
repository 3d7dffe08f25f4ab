"""User data: valid YAML, the same text each time, and an engine command that arrives as it was meant."""

from __future__ import annotations

import configparser
import re
from dataclasses import replace

import pytest
import yaml

from inference.domain.cloud_init import cloud_config
from inference.domain.engine_order import EngineOrder, arguments

ORDER = EngineOrder("acme/tiny-1b", max_model_len=8192, max_num_seqs=32, max_num_batched_tokens=4096)
IMAGE = "vllm/vllm-openai:v0.32.0"
KEYS = {"write_files": list, "runcmd": list}


def rendered(*said: str, runtime: str = "cuda") -> str:
    return cloud_config(said or arguments(ORDER), image=IMAGE, runtime=runtime)


def unit_of(text: str) -> configparser.ConfigParser:
    [file] = yaml.safe_load(text)["write_files"]
    assert file["path"] == "/etc/systemd/system/purser-engine.service"
    assert re.fullmatch(r"0[0-7]{3}", file["permissions"])
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read_string(file["content"])
    return unit


def words_of(line: str) -> list[str]:
    """A command line as systemd reads it (systemd.service(5), "Command lines")."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    assert not re.search(r"[%$]", line.replace("%%", "").replace("$$", "")), "systemd would put something else there"
    plain = [re.sub(r"\\(.)", r"\1", quoted) if quoted else word for quoted, word in found]
    return [word.replace("%%", "%").replace("$$", "$") for word in plain]


def test_it_is_a_cloud_config_of_the_kinds_that_cloud_init_takes():
    text = rendered()
    assert text.startswith("#cloud-config\n")
    said = yaml.safe_load(text)
    assert {key: type(value) for key, value in said.items()} == KEYS
    assert all(isinstance(word, str) for command in said["runcmd"] for word in command)
    assert [*said["runcmd"][-1]] == ["systemctl", "enable", "--now", "--no-block", "purser-engine.service"]
    assert len(text.encode()) < 16_384, "EC2 takes no more"


def test_the_same_order_is_the_same_text():
    assert rendered() == rendered()


def test_the_engine_is_told_its_configuration_and_starts_with_the_machine():
    unit = unit_of(rendered())
    words = words_of(unit["Service"]["ExecStart"])
    assert words[:3] == ["/usr/bin/docker", "run", "--rm"]
    assert words[words.index(IMAGE) + 1 :] == [*arguments(ORDER), "--host", "0.0.0.0", "--port", "8000"]
    assert words[words.index("--gpus") + 1] == "all"
    assert (unit["Service"]["Restart"], unit["Install"]["WantedBy"]) == ("always", "multi-user.target")


@pytest.mark.parametrize(
    "value", ['{"a": "b c", "d": 1}', "100%", "$HOME", "back\\slash", "it's", 'say "x"', "a;b", "#no comment", "é"]
)
def test_a_value_arrives_as_it_is_whatever_systemd_and_yaml_make_of_its_letters(value):
    order = replace(ORDER, extra_args={"revision": value})
    words = words_of(unit_of(rendered(*arguments(order)))["Service"]["ExecStart"])
    assert words[words.index("--revision") + 1] == value


@pytest.mark.parametrize("value", ["", "two\nlines", "a\0b", "\x7f"])
def test_what_cannot_stand_in_a_command_line_is_refused(value):
    with pytest.raises(ValueError, match="cannot stand"):
        rendered("model", value)


@pytest.mark.parametrize(("image", "runtime"), [("vllm\nexec", "cuda"), ("--privileged", "cuda"), (IMAGE, "abacus")])
def test_an_image_or_a_chip_that_no_machine_would_start_is_refused(image, runtime):
    with pytest.raises(ValueError, match=r"no name of|not known"):
        cloud_config(["model"], image=image, runtime=runtime)


def test_no_secret_is_in_it_only_the_names_of_those_that_the_image_may_bring():
    unit = unit_of(rendered())
    assert unit["Service"]["EnvironmentFile"] == "-/etc/purser/engine.env"
    words = words_of(unit["Service"]["ExecStart"])
    passed = [words[at + 1] for at, word in enumerate(words) if word == "--env"]
    assert passed == ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
