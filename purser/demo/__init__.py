"""The whole product over the sandbox: what `manage.py demo` starts, seeds, watches and judges."""
