"""What a machine is told at its birth, so that it serves one model from its first start to its end.

A cloud-config (https://cloudinit.readthedocs.io) that writes one systemd unit and starts it. Nothing is installed:
the image of the machine has the driver, Docker and the accelerators' container runtime, as the clouds' own images for
GPUs do. The same order is the same text. No secret is in it: everybody on the machine can read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PORT = 8000
UNIT = "purser-engine.service"
ENVIRONMENT_FILE = "/etc/purser/engine.env"
CACHE = "/var/lib/purser/models"
DEVICES = {
    "cuda": ("--gpus", "all"),
    "rocm": ("--device", "/dev/kfd", "--device", "/dev/dri", "--group-add", "video"),
    "gaudi": ("--runtime", "habana", "--env", "HABANA_VISIBLE_DEVICES=all", "--cap-add", "sys_nice"),
    "neuron": ("--privileged",),
    "tpu": ("--privileged",),
    "xpu": ("--device", "/dev/dri"),
}
"""How a container gets to the accelerators, by runtime of the accelerator catalogue."""
FROM_THE_IMAGE = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._/:@-]{0,299}")
_PLAIN = re.compile(r"[A-Za-z0-9_@:,./=+-]+")


def cloud_config(arguments: Iterable[str], *, image: str, runtime: str) -> str:
    """The user data of a machine whose engine is told `arguments`. Raises ValueError for what none would start."""
    if not _IMAGE.fullmatch(image):
        raise ValueError(f"{image[:60]!r} is no name of a container image.")
    if runtime not in DEVICES:
        raise ValueError(f"It is not known how a container gets to {runtime} accelerators.")
    passed = [word for name in FROM_THE_IMAGE for word in ("--env", name)]
    run = [
        *("/usr/bin/docker", "run", "--rm", "--name", "purser-engine", "--network", "host", "--ipc", "host"),
        *DEVICES[runtime],
        *("--volume", f"{CACHE}:/root/.cache/huggingface", *passed, image),
        *arguments,
        *("--host", "0.0.0.0", "--port", str(PORT)),  # noqa: S104 - the cloud's firewall says who may call
    ]
    unit = _unit(" ".join(_word(word) for word in run))
    return (
        "#cloud-config\n"
        "write_files:\n"
        f"- path: /etc/systemd/system/{UNIT}\n"
        '  permissions: "0644"\n'
        "  content: |\n"
        f"{''.join(f'    {line}' if line.strip() else line for line in unit.splitlines(keepends=True))}"
        "runcmd:\n"
        f"- [mkdir, -p, {CACHE}]\n"
        "- [systemctl, daemon-reload]\n"
        f"- [systemctl, enable, --now, --no-block, {UNIT}]\n"
    )


def _unit(command: str) -> str:
    """It starts again whenever it ends, and with the machine; a model's download may take as long as it takes."""
    return f"""\
[Unit]
Description=The engine that this machine is for
Wants=network-online.target
After=network-online.target docker.service

[Service]
EnvironmentFile=-{ENVIRONMENT_FILE}
ExecStartPre=-/usr/bin/docker rm --force purser-engine
ExecStart={command}
ExecStop=/usr/bin/docker stop purser-engine
Restart=always
RestartSec=5
TimeoutStartSec=infinity

[Install]
WantedBy=multi-user.target
"""


def _word(word: str) -> str:
    """A word of a systemd command line, which reads `%`, `$`, quotes and backslashes as its own. Raises ValueError."""
    if not word or any(ord(letter) < 32 or ord(letter) == 127 for letter in word):
        raise ValueError(f"{word[:60]!r} cannot stand in a command line.")
    escaped = word.replace("%", "%%").replace("$", "$$")
    if _PLAIN.fullmatch(escaped):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'
