"""`python -m tests.emulators.kubernetes`: one line of JSON with its address and its CA, then it serves."""

import argparse
import tempfile
from pathlib import Path

from tests.emulators.certificates import make_certificates, server_context
from tests.emulators.front import Front
from tests.emulators.kubernetes.app import Kubernetes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators.kubernetes", description="Emulated clusters.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one (the default)")
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(Path(folder), "Emulated Kubernetes")
        Front(Kubernetes(), port, server_context(certificates), vars(certificates)).serve()


main()
