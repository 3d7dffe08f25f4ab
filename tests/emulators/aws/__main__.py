"""`python -m tests.emulators.aws`: one line of JSON with its address, then it serves until it is told to end."""

import argparse
import os
from pathlib import Path

# moto reads these when it is imported.
os.environ |= {
    "MOTO_AMIS_PATH": str(Path(__file__).parent / "amis.json"),
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ENABLE_KEYPAIR_VALIDATION": "true",
}

from tests.emulators.aws.app import Aws
from tests.emulators.front import Front


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.emulators.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one (the default)")
    aws = Aws()
    front = Front(aws, parser.parse_args().port)
    aws.url = front.url
    aws.warm_up()
    front.serve()


main()
