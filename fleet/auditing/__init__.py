"""Settings → Audit: who changed what, from where, before and after; and whether the chain holds."""
