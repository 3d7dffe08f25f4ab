"""Contains all the data models used in inputs/outputs"""

from .accelerator_out import AcceleratorOut
from .accelerator_out_sources import AcceleratorOutSources
from .accelerators_out import AcceleratorsOut
from .account_in_request import AccountInRequest
from .account_in_request_options import AccountInRequestOptions
from .account_out import AccountOut
from .account_page import AccountPage
from .allocation_accepted_out import AllocationAcceptedOut
from .allocation_accepted_out_labels import AllocationAcceptedOutLabels
from .allocation_accepted_out_need_type_0 import AllocationAcceptedOutNeedType0
from .allocation_detail_out import AllocationDetailOut
from .allocation_detail_out_labels import AllocationDetailOutLabels
from .allocation_detail_out_need_type_0 import AllocationDetailOutNeedType0
from .allocation_in_request import AllocationInRequest
from .allocation_in_request_labels import AllocationInRequestLabels
from .allocation_out import AllocationOut
from .allocation_out_labels import AllocationOutLabels
from .allocation_out_need_type_0 import AllocationOutNeedType0
from .allocation_page import AllocationPage
from .allocation_state import AllocationState
from .attempt_out import AttemptOut
from .audit_chain_out import AuditChainOut
from .audit_chain_out_findings_item import AuditChainOutFindingsItem
from .audit_event_out import AuditEventOut
from .audit_event_out_data import AuditEventOutData
from .audit_event_page import AuditEventPage
from .backend_out import BackendOut
from .block_offer_out import BlockOfferOut
from .block_purchase_accepted_out import BlockPurchaseAcceptedOut
from .block_purchase_in_request import BlockPurchaseInRequest
from .block_purchase_out import BlockPurchaseOut
from .block_question_out import BlockQuestionOut
from .block_question_out_state_enum import BlockQuestionOutStateEnum
from .block_question_out_wanted import BlockQuestionOutWanted
from .block_question_page import BlockQuestionPage
from .block_trial_out import BlockTrialOut
from .block_wanted_in_request import BlockWantedInRequest
from .budget_action import BudgetAction
from .budget_in_request import BudgetInRequest
from .budget_out import BudgetOut
from .budget_page import BudgetPage
from .budgets_bulk_in_request import BudgetsBulkInRequest
from .bulk_allocations_in_request import BulkAllocationsInRequest
from .bulk_allocations_in_request_items_item import BulkAllocationsInRequestItemsItem
from .bulk_change_in_request import BulkChangeInRequest
from .bulk_instances_in_request import BulkInstancesInRequest
from .bulk_release_in_request import BulkReleaseInRequest
from .bulk_result_item_out import BulkResultItemOut
from .bulk_result_out import BulkResultOut
from .candidate_out import CandidateOut
from .capacity_memory_out import CapacityMemoryOut
from .capacity_memory_page import CapacityMemoryPage
from .capacity_types_enum import CapacityTypesEnum
from .change_request_out import ChangeRequestOut
from .change_request_out_after_type_0 import ChangeRequestOutAfterType0
from .change_request_out_before import ChangeRequestOutBefore
from .change_request_out_state_enum import ChangeRequestOutStateEnum
from .change_request_page import ChangeRequestPage
from .changed_in_request import ChangedInRequest
from .changed_in_request_changes import ChangedInRequestChanges
from .charge_kind import ChargeKind
from .check_out import CheckOut
from .chosen_out import ChosenOut
from .class_enum import ClassEnum
from .close_in_request import CloseInRequest
from .connect_out import ConnectOut
from .cost_kind import CostKind
from .cost_out import CostOut
from .cost_total_out import CostTotalOut
from .costs_out import CostsOut
from .decision_out import DecisionOut
from .decision_out_alternatives_item import DecisionOutAlternativesItem
from .decision_out_inputs import DecisionOutInputs
from .decision_page import DecisionPage
from .demand_in_request import DemandInRequest
from .drain_in_request import DrainInRequest
from .endpoint_accepted_out import EndpointAcceptedOut
from .endpoint_accepted_out_policy_params import EndpointAcceptedOutPolicyParams
from .endpoint_in_request import EndpointInRequest
from .endpoint_in_request_labels import EndpointInRequestLabels
from .endpoint_in_request_policy_params import EndpointInRequestPolicyParams
from .endpoint_out import EndpointOut
from .endpoint_out_policy_params import EndpointOutPolicyParams
from .endpoint_page import EndpointPage
from .endpoint_plan_out import EndpointPlanOut
from .endpoint_plan_out_memory_fit import EndpointPlanOutMemoryFit
from .endpoint_plan_out_rejected_by_reason import EndpointPlanOutRejectedByReason
from .endpoint_state import EndpointState
from .event_out import EventOut
from .event_out_data import EventOutData
from .events_out import EventsOut
from .explain_out import ExplainOut
from .explain_out_attempts_item import ExplainOutAttemptsItem
from .explain_out_demand import ExplainOutDemand
from .explain_out_plan_type_0 import ExplainOutPlanType0
from .explain_out_slots_item import ExplainOutSlotsItem
from .explain_out_trail_item import ExplainOutTrailItem
from .explained_out import ExplainedOut
from .explained_out_alternatives_item import ExplainedOutAlternativesItem
from .explained_out_inputs import ExplainedOutInputs
from .extend_in_request import ExtendInRequest
from .field_problem import FieldProblem
from .fit_out import FitOut
from .fits_out import FitsOut
from .forget_in_request import ForgetInRequest
from .gap_out import GapOut
from .gap_page import GapPage
from .get_accounts_ordering import GetAccountsOrdering
from .get_all_decisions_action import GetAllDecisionsAction
from .get_all_decisions_ordering import GetAllDecisionsOrdering
from .get_allocations_ordering import GetAllocationsOrdering
from .get_allocations_state import GetAllocationsState
from .get_block_questions_ordering import GetBlockQuestionsOrdering
from .get_block_questions_state import GetBlockQuestionsState
from .get_capacity_memories_ordering import GetCapacityMemoriesOrdering
from .get_change_requests_state import GetChangeRequestsState
from .get_costs_by import GetCostsBy
from .get_costs_step import GetCostsStep
from .get_decisions_action import GetDecisionsAction
from .get_decisions_ordering import GetDecisionsOrdering
from .get_endpoint_series_metric import GetEndpointSeriesMetric
from .get_endpoints_ordering import GetEndpointsOrdering
from .get_endpoints_state import GetEndpointsState
from .get_holds_ordering import GetHoldsOrdering
from .get_incidents_ordering import GetIncidentsOrdering
from .get_instance_types_ordering import GetInstanceTypesOrdering
from .get_instances_ordering import GetInstancesOrdering
from .get_launch_attempts_ordering import GetLaunchAttemptsOrdering
from .get_launch_attempts_state import GetLaunchAttemptsState
from .get_ledger_entries_kind import GetLedgerEntriesKind
from .get_ledger_entries_ordering import GetLedgerEntriesOrdering
from .get_manifests_environment import GetManifestsEnvironment
from .get_models_ordering import GetModelsOrdering
from .get_offering_prices_ordering import GetOfferingPricesOrdering
from .get_offerings_capacity_type import GetOfferingsCapacityType
from .get_offerings_ordering import GetOfferingsOrdering
from .get_operations_ordering import GetOperationsOrdering
from .get_paid_capacities_kind import GetPaidCapacitiesKind
from .get_paid_capacities_ordering import GetPaidCapacitiesOrdering
from .get_percentiles_metric import GetPercentilesMetric
from .get_price_rules_kind import GetPriceRulesKind
from .get_price_rules_ordering import GetPriceRulesOrdering
from .get_reference_prices_capacity_type import GetReferencePricesCapacityType
from .get_reference_prices_ordering import GetReferencePricesOrdering
from .get_replica_series_metric import GetReplicaSeriesMetric
from .get_replicas_ordering import GetReplicasOrdering
from .get_replicas_state import GetReplicasState
from .get_serving_configs_ordering import GetServingConfigsOrdering
from .get_shares_kind import GetSharesKind
from .get_slots_ordering import GetSlotsOrdering
from .get_slots_state import GetSlotsState
from .get_sweeps_ordering import GetSweepsOrdering
from .get_telemetry_gaps_ordering import GetTelemetryGapsOrdering
from .get_unclassified_signals_ordering import GetUnclassifiedSignalsOrdering
from .get_usage_intervals_kind import GetUsageIntervalsKind
from .get_usage_intervals_ordering import GetUsageIntervalsOrdering
from .get_webhook_messages_state import GetWebhookMessagesState
from .grant_out import GrantOut
from .grants_out import GrantsOut
from .hold_out import HoldOut
from .hold_page import HoldPage
from .incident_out import IncidentOut
from .incident_page import IncidentPage
from .installation_out import InstallationOut
from .instance_detail_out import InstanceDetailOut
from .instance_out import InstanceOut
from .instance_page import InstancePage
from .instance_type_out import InstanceTypeOut
from .instance_type_page import InstanceTypePage
from .issued_out import IssuedOut
from .launch_attempt_out import LaunchAttemptOut
from .launch_attempt_page import LaunchAttemptPage
from .launch_attempt_state import LaunchAttemptState
from .ledger_entry_out import LedgerEntryOut
from .ledger_entry_page import LedgerEntryPage
from .limit_line_out import LimitLineOut
from .limit_line_out_after_type_0 import LimitLineOutAfterType0
from .limit_line_out_before_type_0 import LimitLineOutBeforeType0
from .limit_lines_out import LimitLinesOut
from .machine_action import MachineAction
from .manifests_out import ManifestsOut
from .manifests_out_objects_item import ManifestsOutObjectsItem
from .me_out import MeOut
from .me_out_kind_enum import MeOutKindEnum
from .member_in_request import MemberInRequest
from .member_out import MemberOut
from .member_page import MemberPage
from .message_out import MessageOut
from .message_out_state_enum import MessageOutStateEnum
from .message_page import MessagePage
from .model_detail_out import ModelDetailOut
from .model_detail_out_config import ModelDetailOutConfig
from .model_in_request import ModelInRequest
from .model_in_request_config import ModelInRequestConfig
from .model_out import ModelOut
from .model_page import ModelPage
from .my_project_out import MyProjectOut
from .need_in_request import NeedInRequest
from .no_body_request import NoBodyRequest
from .nothing_request import NothingRequest
from .offering_out import OfferingOut
from .offering_page import OfferingPage
from .operation_out import OperationOut
from .operation_out_result_type_0 import OperationOutResultType0
from .operation_page import OperationPage
from .operation_state import OperationState
from .overlap_in_request import OverlapInRequest
from .paid_capacity_out import PaidCapacityOut
from .paid_capacity_page import PaidCapacityPage
from .paid_kind import PaidKind
from .parameter_out import ParameterOut
from .patched_account_changes_in_request import PatchedAccountChangesInRequest
from .patched_account_changes_in_request_options import PatchedAccountChangesInRequestOptions
from .patched_allocation_changes_in_request import PatchedAllocationChangesInRequest
from .patched_allocation_changes_in_request_labels import PatchedAllocationChangesInRequestLabels
from .patched_budget_change_request import PatchedBudgetChangeRequest
from .patched_limits_in_request import PatchedLimitsInRequest
from .patched_model_change_request import PatchedModelChangeRequest
from .patched_model_change_request_config import PatchedModelChangeRequestConfig
from .patched_paid_capacity_change_request import PatchedPaidCapacityChangeRequest
from .patched_price_rule_changes_in_request import PatchedPriceRuleChangesInRequest
from .patched_project_change_request import PatchedProjectChangeRequest
from .patched_quota_change_request import PatchedQuotaChangeRequest
from .patched_role_in_request import PatchedRoleInRequest
from .patched_service_account_change_request import PatchedServiceAccountChangeRequest
from .patched_serving_config_change_request import PatchedServingConfigChangeRequest
from .patched_slo_request import PatchedSloRequest
from .patched_slo_request_policy_params import PatchedSloRequestPolicyParams
from .patched_switches_in_request import PatchedSwitchesInRequest
from .patched_webhook_change_request import PatchedWebhookChangeRequest
from .percentile_out import PercentileOut
from .percentiles_out import PercentilesOut
from .period_out import PeriodOut
from .plan_out import PlanOut
from .plan_out_rejected_by_reason import PlanOutRejectedByReason
from .point_out import PointOut
from .policies_out import PoliciesOut
from .policy_out import PolicyOut
from .price_bounds_out import PriceBoundsOut
from .price_out import PriceOut
from .price_page import PricePage
from .price_rule_in_request import PriceRuleInRequest
from .price_rule_in_request_cost import PriceRuleInRequestCost
from .price_rule_kind import PriceRuleKind
from .price_rule_out import PriceRuleOut
from .price_rule_out_cost_type_0 import PriceRuleOutCostType0
from .price_rule_page import PriceRulePage
from .problem_out import ProblemOut
from .project_in_request import ProjectInRequest
from .project_out import ProjectOut
from .project_page import ProjectPage
from .purchase_state import PurchaseState
from .quota_in_request import QuotaInRequest
from .quota_out import QuotaOut
from .quota_page import QuotaPage
from .quotas_bulk_in_request import QuotasBulkInRequest
from .reference_price_out import ReferencePriceOut
from .reference_price_page import ReferencePricePage
from .rejected_out import RejectedOut
from .rejected_page import RejectedPage
from .released_in_request import ReleasedInRequest
from .replica_detail_out import ReplicaDetailOut
from .replica_out import ReplicaOut
from .replica_page import ReplicaPage
from .replica_state import ReplicaState
from .role_enum import RoleEnum
from .rotate_in_request import RotateInRequest
from .rotation_in_request import RotationInRequest
from .runner_out import RunnerOut
from .runners_out import RunnersOut
from .series_out import SeriesOut
from .service_account_in_request import ServiceAccountInRequest
from .service_account_out import ServiceAccountOut
from .service_account_page import ServiceAccountPage
from .serving_config_in_request import ServingConfigInRequest
from .serving_config_out import ServingConfigOut
from .serving_config_page import ServingConfigPage
from .share_out import ShareOut
from .share_page import SharePage
from .signal_out import SignalOut
from .signal_page import SignalPage
from .slot_out import SlotOut
from .slot_page import SlotPage
from .slot_state import SlotState
from .source_out import SourceOut
from .speed_out import SpeedOut
from .step_out import StepOut
from .strict_request import StrictRequest
from .sweep_in_request import SweepInRequest
from .sweep_out import SweepOut
from .sweep_page import SweepPage
from .sweep_requested_out import SweepRequestedOut
from .terminate_in_request import TerminateInRequest
from .token_cost_out import TokenCostOut
from .token_cost_page import TokenCostPage
from .token_in_request import TokenInRequest
from .token_out import TokenOut
from .token_page import TokenPage
from .trial_out import TrialOut
from .trial_out_kind_enum import TrialOutKindEnum
from .trial_page import TrialPage
from .unanswered_out import UnansweredOut
from .usage_in_request import UsageInRequest
from .usage_in_request_events_item import UsageInRequestEventsItem
from .usage_interval_out import UsageIntervalOut
from .usage_interval_page import UsageIntervalPage
from .usage_out import UsageOut
from .usage_refused_out import UsageRefusedOut
from .webhook_in_request import WebhookInRequest
from .webhook_out import WebhookOut
from .webhook_page import WebhookPage
from .webhook_secret_out import WebhookSecretOut
from .weighed_out import WeighedOut
from .weighed_out_rejected_by_reason import WeighedOutRejectedByReason
from .weights_on_chips_out import WeightsOnChipsOut
from .weights_on_chips_out_accelerators_needed import WeightsOnChipsOutAcceleratorsNeeded
from .weights_out import WeightsOut
from .why_request import WhyRequest

__all__ = (
    "AcceleratorOut",
    "AcceleratorOutSources",
    "AcceleratorsOut",
    "AccountInRequest",
    "AccountInRequestOptions",
    "AccountOut",
    "AccountPage",
    "AllocationAcceptedOut",
    "AllocationAcceptedOutLabels",
    "AllocationAcceptedOutNeedType0",
    "AllocationDetailOut",
    "AllocationDetailOutLabels",
    "AllocationDetailOutNeedType0",
    "AllocationInRequest",
    "AllocationInRequestLabels",
    "AllocationOut",
    "AllocationOutLabels",
    "AllocationOutNeedType0",
    "AllocationPage",
    "AllocationState",
    "AttemptOut",
    "AuditChainOut",
    "AuditChainOutFindingsItem",
    "AuditEventOut",
    "AuditEventOutData",
    "AuditEventPage",
    "BackendOut",
    "BlockOfferOut",
    "BlockPurchaseAcceptedOut",
    "BlockPurchaseInRequest",
    "BlockPurchaseOut",
    "BlockQuestionOut",
    "BlockQuestionOutStateEnum",
    "BlockQuestionOutWanted",
    "BlockQuestionPage",
    "BlockTrialOut",
    "BlockWantedInRequest",
    "BudgetAction",
    "BudgetInRequest",
    "BudgetOut",
    "BudgetPage",
    "BudgetsBulkInRequest",
    "BulkAllocationsInRequest",
    "BulkAllocationsInRequestItemsItem",
    "BulkChangeInRequest",
    "BulkInstancesInRequest",
    "BulkReleaseInRequest",
    "BulkResultItemOut",
    "BulkResultOut",
    "CandidateOut",
    "CapacityMemoryOut",
    "CapacityMemoryPage",
    "CapacityTypesEnum",
    "ChangedInRequest",
    "ChangedInRequestChanges",
    "ChangeRequestOut",
    "ChangeRequestOutAfterType0",
    "ChangeRequestOutBefore",
    "ChangeRequestOutStateEnum",
    "ChangeRequestPage",
    "ChargeKind",
    "CheckOut",
    "ChosenOut",
    "ClassEnum",
    "CloseInRequest",
    "ConnectOut",
    "CostKind",
    "CostOut",
    "CostsOut",
    "CostTotalOut",
    "DecisionOut",
    "DecisionOutAlternativesItem",
    "DecisionOutInputs",
    "DecisionPage",
    "DemandInRequest",
    "DrainInRequest",
    "EndpointAcceptedOut",
    "EndpointAcceptedOutPolicyParams",
    "EndpointInRequest",
    "EndpointInRequestLabels",
    "EndpointInRequestPolicyParams",
    "EndpointOut",
    "EndpointOutPolicyParams",
    "EndpointPage",
    "EndpointPlanOut",
    "EndpointPlanOutMemoryFit",
    "EndpointPlanOutRejectedByReason",
    "EndpointState",
    "EventOut",
    "EventOutData",
    "EventsOut",
    "ExplainedOut",
    "ExplainedOutAlternativesItem",
    "ExplainedOutInputs",
    "ExplainOut",
    "ExplainOutAttemptsItem",
    "ExplainOutDemand",
    "ExplainOutPlanType0",
    "ExplainOutSlotsItem",
    "ExplainOutTrailItem",
    "ExtendInRequest",
    "FieldProblem",
    "FitOut",
    "FitsOut",
    "ForgetInRequest",
    "GapOut",
    "GapPage",
    "GetAccountsOrdering",
    "GetAllDecisionsAction",
    "GetAllDecisionsOrdering",
    "GetAllocationsOrdering",
    "GetAllocationsState",
    "GetBlockQuestionsOrdering",
    "GetBlockQuestionsState",
    "GetCapacityMemoriesOrdering",
    "GetChangeRequestsState",
    "GetCostsBy",
    "GetCostsStep",
    "GetDecisionsAction",
    "GetDecisionsOrdering",
    "GetEndpointSeriesMetric",
    "GetEndpointsOrdering",
    "GetEndpointsState",
    "GetHoldsOrdering",
    "GetIncidentsOrdering",
    "GetInstancesOrdering",
    "GetInstanceTypesOrdering",
    "GetLaunchAttemptsOrdering",
    "GetLaunchAttemptsState",
    "GetLedgerEntriesKind",
    "GetLedgerEntriesOrdering",
    "GetManifestsEnvironment",
    "GetModelsOrdering",
    "GetOfferingPricesOrdering",
    "GetOfferingsCapacityType",
    "GetOfferingsOrdering",
    "GetOperationsOrdering",
    "GetPaidCapacitiesKind",
    "GetPaidCapacitiesOrdering",
    "GetPercentilesMetric",
    "GetPriceRulesKind",
    "GetPriceRulesOrdering",
    "GetReferencePricesCapacityType",
    "GetReferencePricesOrdering",
    "GetReplicaSeriesMetric",
    "GetReplicasOrdering",
    "GetReplicasState",
    "GetServingConfigsOrdering",
    "GetSharesKind",
    "GetSlotsOrdering",
    "GetSlotsState",
    "GetSweepsOrdering",
    "GetTelemetryGapsOrdering",
    "GetUnclassifiedSignalsOrdering",
    "GetUsageIntervalsKind",
    "GetUsageIntervalsOrdering",
    "GetWebhookMessagesState",
    "GrantOut",
    "GrantsOut",
    "HoldOut",
    "HoldPage",
    "IncidentOut",
    "IncidentPage",
    "InstallationOut",
    "InstanceDetailOut",
    "InstanceOut",
    "InstancePage",
    "InstanceTypeOut",
    "InstanceTypePage",
    "IssuedOut",
    "LaunchAttemptOut",
    "LaunchAttemptPage",
    "LaunchAttemptState",
    "LedgerEntryOut",
    "LedgerEntryPage",
    "LimitLineOut",
    "LimitLineOutAfterType0",
    "LimitLineOutBeforeType0",
    "LimitLinesOut",
    "MachineAction",
    "ManifestsOut",
    "ManifestsOutObjectsItem",
    "MemberInRequest",
    "MemberOut",
    "MemberPage",
    "MeOut",
    "MeOutKindEnum",
    "MessageOut",
    "MessageOutStateEnum",
    "MessagePage",
    "ModelDetailOut",
    "ModelDetailOutConfig",
    "ModelInRequest",
    "ModelInRequestConfig",
    "ModelOut",
    "ModelPage",
    "MyProjectOut",
    "NeedInRequest",
    "NoBodyRequest",
    "NothingRequest",
    "OfferingOut",
    "OfferingPage",
    "OperationOut",
    "OperationOutResultType0",
    "OperationPage",
    "OperationState",
    "OverlapInRequest",
    "PaidCapacityOut",
    "PaidCapacityPage",
    "PaidKind",
    "ParameterOut",
    "PatchedAccountChangesInRequest",
    "PatchedAccountChangesInRequestOptions",
    "PatchedAllocationChangesInRequest",
    "PatchedAllocationChangesInRequestLabels",
    "PatchedBudgetChangeRequest",
    "PatchedLimitsInRequest",
    "PatchedModelChangeRequest",
    "PatchedModelChangeRequestConfig",
    "PatchedPaidCapacityChangeRequest",
    "PatchedPriceRuleChangesInRequest",
    "PatchedProjectChangeRequest",
    "PatchedQuotaChangeRequest",
    "PatchedRoleInRequest",
    "PatchedServiceAccountChangeRequest",
    "PatchedServingConfigChangeRequest",
    "PatchedSloRequest",
    "PatchedSloRequestPolicyParams",
    "PatchedSwitchesInRequest",
    "PatchedWebhookChangeRequest",
    "PercentileOut",
    "PercentilesOut",
    "PeriodOut",
    "PlanOut",
    "PlanOutRejectedByReason",
    "PointOut",
    "PoliciesOut",
    "PolicyOut",
    "PriceBoundsOut",
    "PriceOut",
    "PricePage",
    "PriceRuleInRequest",
    "PriceRuleInRequestCost",
    "PriceRuleKind",
    "PriceRuleOut",
    "PriceRuleOutCostType0",
    "PriceRulePage",
    "ProblemOut",
    "ProjectInRequest",
    "ProjectOut",
    "ProjectPage",
    "PurchaseState",
    "QuotaInRequest",
    "QuotaOut",
    "QuotaPage",
    "QuotasBulkInRequest",
    "ReferencePriceOut",
    "ReferencePricePage",
    "RejectedOut",
    "RejectedPage",
    "ReleasedInRequest",
    "ReplicaDetailOut",
    "ReplicaOut",
    "ReplicaPage",
    "ReplicaState",
    "RoleEnum",
    "RotateInRequest",
    "RotationInRequest",
    "RunnerOut",
    "RunnersOut",
    "SeriesOut",
    "ServiceAccountInRequest",
    "ServiceAccountOut",
    "ServiceAccountPage",
    "ServingConfigInRequest",
    "ServingConfigOut",
    "ServingConfigPage",
    "ShareOut",
    "SharePage",
    "SignalOut",
    "SignalPage",
    "SlotOut",
    "SlotPage",
    "SlotState",
    "SourceOut",
    "SpeedOut",
    "StepOut",
    "StrictRequest",
    "SweepInRequest",
    "SweepOut",
    "SweepPage",
    "SweepRequestedOut",
    "TerminateInRequest",
    "TokenCostOut",
    "TokenCostPage",
    "TokenInRequest",
    "TokenOut",
    "TokenPage",
    "TrialOut",
    "TrialOutKindEnum",
    "TrialPage",
    "UnansweredOut",
    "UsageInRequest",
    "UsageInRequestEventsItem",
    "UsageIntervalOut",
    "UsageIntervalPage",
    "UsageOut",
    "UsageRefusedOut",
    "WebhookInRequest",
    "WebhookOut",
    "WebhookPage",
    "WebhookSecretOut",
    "WeighedOut",
    "WeighedOutRejectedByReason",
    "WeightsOnChipsOut",
    "WeightsOnChipsOutAcceleratorsNeeded",
    "WeightsOut",
    "WhyRequest",
)
