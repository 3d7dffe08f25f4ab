"""A database engine for Django: its PostgreSQL, with a cheaper look at pooled connections (`base`)."""
