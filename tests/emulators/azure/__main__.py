"""`python -m tests.emulators.azure`: one line of JSON with its address and its CA, then it serves until told to end."""

import argparse
import tempfile
from pathlib import Path

from tests.emulators.azure.app import Azure
from tests.emulators.certificates import make_certificates, server_context
from tests.emulators.front import Front


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators.azure", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (the default)")
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(Path(folder), "Emulated Azure")
        Front(Azure(), port, server_context(certificates), vars(certificates)).serve()


main()
