"""The REST API: what holds for every view, its schema, how much may be asked."""

from purser.env import env_int
from purser.settings.process import VERSION

REST_FRAMEWORK = {
    # What fleet.api.base.ApiView does not say for itself: deny, and speak JSON only.
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "fleet.api.problems.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Purser",
    "DESCRIPTION": "Buys accelerator capacity, serves inference on it and says what every token cost.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AllocationState": "fleet.domain.lifecycle.AllocationState",
        "EndpointState": "inference.domain.lifecycle.EndpointState",
        "SlotState": "fleet.domain.lifecycle.SlotState",
        "LaunchAttemptState": "fleet.domain.lifecycle.AttemptState",
        "OperationState": "fleet.models.OperationState",
        "BudgetAction": "fleet.models.BudgetAction.values",
        "PriceRuleKind": "fleet.models.PriceRuleKind.values",
        "CapacityTypesEnum": "fleet.models.CapacityType.values",
        "MachineAction": "fleet.api.instance_actions.MACHINE_ACTIONS",
        "PurchaseState": "fleet.models.PurchaseState",
        "PaidKind": "fleet.models.PaidKind",
        "ReplicaState": "inference.domain.lifecycle.ReplicaState",
        "CostKind": "billing.models.CostKind",
        "ChargeKind": "billing.models.ChargeKind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "fleet.api.links.ids_of_rows",
        "fleet.api.schema_hooks.sparse_pages",
        "fleet.api.samples.with_samples",
        "fleet.api.links.next_calls",
    ],
    "LICENSE": {"name": "Apache-2.0"},
}
# Requests a minute under /api/: of one caller, from one address, and from one address without a valid name. 0: any.
API_REQUESTS_PER_MINUTE = env_int("API_REQUESTS_PER_MINUTE", 1_200, minimum=0, maximum=10_000_000)
API_ADDRESS_REQUESTS_PER_MINUTE = env_int("API_ADDRESS_REQUESTS_PER_MINUTE", 12_000, minimum=0, maximum=10_000_000)
API_FAILURES_PER_MINUTE = env_int("API_FAILURES_PER_MINUTE", 60, minimum=0, maximum=10_000_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = env_int("MAX_REQUEST_BODY_BYTES", 2_621_440, minimum=65_536, maximum=104_857_600)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_HANDLERS = ["fleet.uploads.SmallFiles"]  # none on disk, none of more than a megabyte in memory
DATA_UPLOAD_MAX_NUMBER_FILES = 5
