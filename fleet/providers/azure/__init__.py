"""Azure over its own SDKs: Resource Manager for machines, Entra for who we are, the retail price list for prices."""
