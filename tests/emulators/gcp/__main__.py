"""`python -m tests.emulators.gcp`: one line of JSON with its address, then it serves until it is told to end."""

import argparse

from tests.emulators.front import Front
from tests.emulators.gcp.app import Google
from tests.emulators.gcp.discovery import billing, cloud_tpu, compute, projects


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators.gcp", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (the default)")
    front = Front(Google(), parser.parse_args().port)
    compute(), billing(), projects(), cloud_tpu()  # read before anybody waits for an answer
    front.serve()


main()
