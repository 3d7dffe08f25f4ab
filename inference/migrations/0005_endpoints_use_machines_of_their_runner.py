from typing import Any

from django.db import migrations

# As inference.runners.STARTS_ON was when plans began to ask.
STARTS_ON = {
    "cloud_init": ["aws", "azure", "gcp"],
    "local": ["local"],
    "kubernetes": ["kubernetes"],
    "sandbox": ["sandbox"],
}


def limit(apps: Any, schema_editor: Any) -> None:
    endpoints, allocations = apps.get_model("inference", "Endpoint"), apps.get_model("fleet", "Allocation")
    for runner, providers in STARTS_ON.items():
        theirs = endpoints.objects.filter(runner=runner).values("allocation_id")
        allocations.objects.filter(pk__in=theirs, providers=[]).update(providers=providers)


class Migration(migrations.Migration):
    dependencies = [
        ("inference", "0004_newest_first"),
        ("fleet", "0038_machines_that_a_runner_can_use"),
    ]

    operations = [migrations.RunPython(limit, migrations.RunPython.noop)]
