"""The parts of `purser.embedded`: a PostgreSQL, a Valkey, and the processes that hold them."""
