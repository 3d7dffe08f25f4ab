"""billing's lines of the schedule: task name -> real seconds."""

SCHEDULE: dict[str, float] = {
    "billing.meter": 5.0,
    "billing.charge_paid_capacity": 60.0,
    "billing.allocate": 5.0,
    "billing.look_back": 30.0,
    "billing.recount": 3600.0,
}
