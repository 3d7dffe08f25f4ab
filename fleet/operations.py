"""The kinds of operations fleet knows: how each is judged from its allocation's rows, and how it is undone."""

from __future__ import annotations

from fleet.domain.lifecycle import ENDED_ALLOCATION_STATES, AllocationState, Desired, Reason, SlotState
from fleet.domain.operations import Judgement, emptied, filled
from fleet.domain.refusals import Refused
from fleet.models import OPEN_PURCHASES, Allocation, BlockPurchase, Operation, PurchaseState
from fleet.services import allocations, block_approvals, operations, resizing
from fleet.services.operations import Kind, Said


def _allocation(operation: Operation) -> Allocation:
    return Allocation.objects.get(public_id=operation.subject)


def _states(allocation: Allocation) -> list[SlotState]:
    """Of the machines that are wanted, in their order."""
    wanted = allocation.slots.open().filter(desired=Desired.PRESENT).order_by("ordinal")
    return [SlotState(state) for state in wanted.values_list("state", flat=True)]


def judge_creation(operation: Operation) -> Judgement:
    """Done when every machine was ready once. One that ends before that has failed, for the reason it ended."""
    allocation = _allocation(operation)
    if allocation.first_ready_at is not None:
        return Judgement(True, 1.0, "Every machine was ready", result={"allocation": allocation.public_id})
    if allocation.state in ENDED_ALLOCATION_STATES:
        return _given_up(allocation)
    if allocation.desired == Desired.ABSENT:
        share, words = emptied([SlotState(slot.state) for slot in allocation.slots.all()])
        return Judgement(False, share, f"Being released; {words}", next_action="Release")
    return _on_its_way(allocation)


def judge_release(operation: Operation) -> Judgement:
    """Done when the last machine is gone."""
    allocation = _allocation(operation)
    if allocation.state in ENDED_ALLOCATION_STATES:
        return Judgement(True, 1.0, "Every machine is gone", result={"allocation": allocation.public_id})
    share, words = emptied([SlotState(slot.state) for slot in allocation.slots.all()])
    return Judgement(False, share, words, next_action=allocation.next_action, next_action_at=allocation.next_action_at)


def judge_resizing(operation: Operation) -> Judgement:
    """Done when the size asked for is there. Another size asked for meanwhile is the end of this one."""
    allocation = _allocation(operation)
    if allocation.desired == Desired.ABSENT or allocation.state in ENDED_ALLOCATION_STATES:
        return _given_up(allocation)
    wanted = operation.target["after"]
    if allocation.accelerator_count != wanted:
        detail = f"{allocation.accelerator_count} accelerators were asked for after this."
        return Judgement(True, 1.0, "Overtaken", code="superseded", detail=detail)
    seen = allocation.observed_generation >= operation.target["generation"]
    leaving = allocation.slots.open().filter(desired=Desired.ABSENT).exists()
    if seen and allocation.state == AllocationState.ACTIVE and not leaving:
        return Judgement(True, 1.0, f"{wanted} accelerators ready", result={"accelerator_count": wanted})
    return _on_its_way(allocation)


def _on_its_way(allocation: Allocation) -> Judgement:
    states = _states(allocation)
    share, words = filled(states, max(len(states), 1))
    words = words if states else "No machine is planned yet"
    told = f"{words}. {allocation.detail}".strip(". ") if allocation.detail else words
    return Judgement(
        False, share, told, next_action=allocation.next_action or "Plan", next_action_at=allocation.next_action_at
    )


def _given_up(allocation: Allocation) -> Judgement:
    detail = allocation.detail or "It was released before it was whole."
    return Judgement(True, 1.0, "Ended", code=allocation.reason, detail=detail)


def cancel_creation(operation: Operation, said: Said) -> None:
    allocations.release(
        operation.subject,
        now=said.now,
        reason=Reason.RELEASED_BY_USER,
        actor=said.actor,
        request_id=said.request_id,
    )


def cancel_release(operation: Operation, said: Said) -> None:
    raise Refused("too-late", "Its machines are being ended already; request a new allocation instead.")


def cancel_resizing(operation: Operation, said: Said) -> None:
    """Back to the size before. Machines bought meanwhile are let go, those that began to leave are bought anew."""
    resizing.resize_to(
        operation.subject,
        accelerator_count=operation.target["before"],
        now=said.now,
        actor=said.actor,
        request_id=said.request_id,
    )


def setting_back_grows(operation: Operation) -> bool:
    """Whether the size before was the larger one."""
    return bool(operation.target["before"] > operation.target["after"])


def judge_bulk(operation: Operation) -> Judgement:
    """Done when each of its operations is."""
    parts = Operation.objects.filter(public_id__in=operation.target["operations"]).order_by("id")
    judged = {part.public_id: operations.judge(part) for part in parts}
    done = sum(one.done for one in judged.values())
    failed = sum(one.failed for one in judged.values())
    words = f"{done} of {len(judged)} done{f', {failed} failed' if failed else ''}"
    if done < len(judged):
        share = sum(one.progress for one in judged.values()) / len(judged)
        return Judgement(False, round(min(share, 0.99), 2), words)
    result = {"succeeded": done - failed, "failed": failed}
    if failed:
        return Judgement(True, 1.0, words, code="partly-failed", detail=words, result=result)
    return Judgement(True, 1.0, words, result=result)


def cancel_bulk(operation: Operation, said: Said) -> None:
    """Cancel those of its operations that still can be. Refused when none can."""
    undone = 0
    for part in Operation.objects.filter(public_id__in=operation.target["operations"]).order_by("id"):
        try:
            operations.cancel(part.public_id, now=said.now, actor=said.actor, request_id=said.request_id)
            undone += 1
        except Refused:
            continue
    if not undone:
        raise Refused("too-late", "None of its parts can be cancelled any more.")


def judge_purchase(operation: Operation) -> Judgement:
    """Done when the block is bought, or provably is not."""
    row = BlockPurchase.objects.select_related("capacity").get(public_id=operation.subject)
    if row.state == PurchaseState.BOUGHT:
        made = getattr(row, "capacity", None)
        result = {"purchase": row.public_id, "paid_capacity": made.public_id if made else None}
        return Judgement(True, 1.0, "Bought", result=result)
    if row.state == PurchaseState.WAITING:
        return Judgement(False, 0.0, row.detail, next_action="Approval by another person")
    if row.state in OPEN_PURCHASES:
        words = row.detail or "Being bought"
        return Judgement(False, 0.5 if row.calls else 0.1, words, next_action="Buy")
    code = "outcome-unknown"
    if row.state == PurchaseState.REFUSED:
        code = "not-approved" if row.error_code == "not-approved" else "refused"
    return Judgement(True, 1.0, row.get_state_display(), code=code, detail=row.detail)


def cancel_purchase(operation: Operation, said: Said) -> None:
    block_approvals.take_back(operation.subject, actor=said.actor, now=said.now)


KINDS: dict[str, Kind] = {
    "paid-capacity.buy": Kind(judge_purchase, cancel_purchase),
    "allocation.create": Kind(judge_creation, cancel_creation),
    "allocation.release": Kind(judge_release, cancel_release),
    "allocation.resize": Kind(judge_resizing, cancel_resizing, cancel_buys=setting_back_grows),
    "bulk": Kind(judge_bulk, cancel_bulk),
}
