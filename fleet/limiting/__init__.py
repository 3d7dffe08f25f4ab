"""Settings → Limits: quotas, budgets, files of them, and the changes that wait for a second pair of eyes."""
