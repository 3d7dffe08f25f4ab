"""From a replica to the runner that acts on its machine, and to what is to be started there."""

from __future__ import annotations

from fleet.domain.addresses import ON_THIS_COMPUTER
from fleet.models import Instance
from fleet.services.accounts import credential_of
from fleet.services.chips import accelerators
from inference import runners
from inference.models import Replica
from inference.runners.base import Host, NoEngineHere, ReplicaSpec, Runner, RunnerFailed
from inference.services import variants


def runner_of(replica: Replica) -> Runner:
    """Raises RunnerFailed while the machine has no instance yet, and NoEngineHere for one the runner cannot act on."""
    instance = getattr(replica.slot, "instance", None)
    if instance is None:
        raise RunnerFailed("The slot has no machine.")
    account, runner = instance.account, replica.endpoint.runner
    if account.provider not in runners.STARTS_ON[runner]:
        raise NoEngineHere(f"The runner {runner} starts no engine on a machine that is reached by {account.provider}.")
    host = Host(
        machine_id=instance.provider_id,
        options=account.options,
        credential=credential_of(account),
        loopback=account.provider in ON_THIS_COMPUTER,
        address=_address(instance),
        expected_ref=account.expected_account_ref,
    )
    return runners.connect(runner, host)


def _address(instance: Instance) -> str:
    """The private one, unless the account's option `engine_address` says public, or there is only the other."""
    own, public = instance.private_ip, instance.public_ip
    return (public or own) if instance.account.options.get("engine_address") == "public" else (own or public)


def spec_of(replica: Replica) -> ReplicaSpec:
    """What to start: the same every time it is asked."""
    config = replica.serving_config
    return ReplicaSpec(
        replica=replica.public_id,
        model=config.model.name,
        weights_gib=round(variants.weights_gib(config), 3),
        max_num_seqs=config.max_num_seqs,
        tensor_parallel=config.tensor_parallel,
        max_model_len=config.max_model_len,
        performance=variants.speed_on(config, accelerators().require(replica.slot.accelerator)),
        order=variants.engine_order(config),
    )
