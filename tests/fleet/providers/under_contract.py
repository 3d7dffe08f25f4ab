"""Every registered provider with the emulator it is held to the contract over. A new cloud adds a line."""

from tests.fleet.providers.aws_emulator import AwsEmulator
from tests.fleet.providers.azure_emulator import AzureEmulator
from tests.fleet.providers.emulators import Emulator
from tests.fleet.providers.gcp_emulator import GcpEmulator
from tests.fleet.providers.kubernetes_emulator import KubernetesEmulator
from tests.fleet.providers.local_emulator import LocalEmulator
from tests.fleet.providers.sandbox_emulator import SandboxEmulator

EMULATORS: dict[str, type[Emulator]] = {
    "aws": AwsEmulator,
    "azure": AzureEmulator,
    "gcp": GcpEmulator,
    "kubernetes": KubernetesEmulator,
    "local": LocalEmulator,
    "sandbox": SandboxEmulator,
}
