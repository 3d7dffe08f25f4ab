"""inference's lines of the schedule: task name -> real seconds."""

SCHEDULE: dict[str, float] = {
    "inference.reconcile": 0.5,
    "inference.scrape": 2.0,
    "inference.autoscale": 3.0,
    "inference.roll_up": 10.0,
    "inference.stand": 5.0,
    "inference.forget": 600.0,
}
