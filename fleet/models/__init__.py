"""fleet's tables, one module a noun."""

from fleet.models.access import Membership, Project, Role, ServiceAccount, Token
from fleet.models.account_trial import AccountTrial, TrialKind
from fleet.models.allocation import Allocation, FleetLaunch, Hold, LaunchAttempt, LaunchResult, Slot
from fleet.models.audit import AuditCheck, EventSeal
from fleet.models.block_question import BlockQuestion, QuestionState
from fleet.models.catalog import (
    CapacityMemory,
    CapacityType,
    CatalogueChange,
    CloudAccount,
    CloudQuota,
    InstanceType,
    Offering,
    PricePoint,
    PriceRule,
    PriceRuleKind,
    ReferencePrice,
    UnclassifiedSignal,
)
from fleet.models.event import Event, IdempotencyRecord
from fleet.models.installation import BusinessClock, Installation, Periodic, Progress
from fleet.models.instance import HealthSignal, Incident, Instance, Sweep, TerminationFact
from fleet.models.limits import Budget, BudgetAction, ChangeRequest, ChangeState, Quota
from fleet.models.operation import Operation, OperationState
from fleet.models.paid import (
    OPEN_PURCHASES,
    BlockPurchase,
    BlockPurchaseResult,
    PaidCapacity,
    PaidKind,
    PurchaseState,
)
from fleet.models.saved_view import SavedView
from fleet.models.session import ProviderGrant, Session
from fleet.models.webhook import MessageState, Webhook, WebhookMessage

__all__ = [
    "OPEN_PURCHASES",
    "AccountTrial",
    "Allocation",
    "AuditCheck",
    "BlockPurchase",
    "BlockPurchaseResult",
    "BlockQuestion",
    "Budget",
    "BudgetAction",
    "BusinessClock",
    "CapacityMemory",
    "CapacityType",
    "CatalogueChange",
    "ChangeRequest",
    "ChangeState",
    "CloudAccount",
    "CloudQuota",
    "Event",
    "EventSeal",
    "FleetLaunch",
    "HealthSignal",
    "Hold",
    "IdempotencyRecord",
    "Incident",
    "Installation",
    "Instance",
    "InstanceType",
    "LaunchAttempt",
    "LaunchResult",
    "Membership",
    "MessageState",
    "Offering",
    "Operation",
    "OperationState",
    "PaidCapacity",
    "PaidKind",
    "Periodic",
    "PricePoint",
    "PriceRule",
    "PriceRuleKind",
    "Progress",
    "Project",
    "ProviderGrant",
    "PurchaseState",
    "QuestionState",
    "Quota",
    "ReferencePrice",
    "Role",
    "SavedView",
    "ServiceAccount",
    "Session",
    "Slot",
    "Sweep",
    "TerminationFact",
    "Token",
    "TrialKind",
    "UnclassifiedSignal",
    "Webhook",
    "WebhookMessage",
]
