"""Which tasks follow which event: the whole choreography between the apps on one page.

Topics and tasks are names, not imports, so an app that reacts is not known to the app that speaks.
Every task may run twice, late or not at all; the sweeper is the truth (docs/architecture.md).
"""

REACTIONS: dict[str, tuple[str, ...]] = {}
