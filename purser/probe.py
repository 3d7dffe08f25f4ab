"""`python -m purser.probe [web|worker|scheduler|installation]`: ends with 0 when this container is healthy.

web           the process answers /healthz
worker        it began or ended a task lately, unless there is nothing to take: then a restart would help nobody
scheduler     its loop goes round
installation  /readyz: every queue is consumed, the schedule runs, every account was swept (asks the web process)
"""

from __future__ import annotations

import http.client
import os
import sys

from purser.alive import age_s

TIMEOUT_S = 4.0
LONGEST_TASK_S = 120.0  # more than a task's hard time limit: a worker may be busy that long
LONGEST_LOOP_S = 60.0
SENT_WITHIN_S = 30


def main(arguments: list[str]) -> int:
    kind = arguments[0] if arguments else "web"
    known = {"web": web, "worker": worker, "scheduler": scheduler, "installation": installation}
    if kind not in known or len(arguments) > 1:
        print(f"{kind!r} is no kind of process; say one of {', '.join(known)}.", file=sys.stderr)
        return 2
    return known[kind]()


def web() -> int:
    return _ask("/healthz")


def installation() -> int:
    return _ask("/readyz")


def scheduler() -> int:
    return 0 if _worked_within(LONGEST_LOOP_S) else 1


def worker() -> int:
    """A silent worker is ill only if there was something to take: the schedule sends to each queue all the time."""
    if _worked_within(LONGEST_TASK_S):
        return 0
    if os.environ.get("ALIVE_FILE", "").strip() and not _hints_are_sent():
        print("nothing is sent to workers: not this one's fault")
        return 0
    return 1


def _worked_within(longest_s: float) -> bool:
    age = age_s(os.environ.get("ALIVE_FILE", "").strip() or "/nowhere")
    if age is None:
        print("ALIVE_FILE is not set, or not written yet", file=sys.stderr)
        return False
    print(f"worked {age:.0f} s ago")
    return age <= longest_s


def _hints_are_sent() -> bool:
    """Whether a scheduler sends hints. A database that does not answer explains the silence too."""
    import django
    from django.db import Error, connection

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "purser.settings")
    django.setup()
    query = "SELECT max(last_sent_at) > clock_timestamp() - %s * interval '1 second' FROM fleet_periodic"
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, [SENT_WITHIN_S])
            row = cursor.fetchone()
    except Error:
        return False
    return bool(row and row[0])


def _ask(path: str) -> int:
    """Ask under a name that ALLOWED_HOSTS accepts, as a load balancer would."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".") or "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Host": host})
        response = connection.getresponse()
        said = response.read(2000).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    print(f"answered {response.status}: {said}")
    return 0 if response.status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
