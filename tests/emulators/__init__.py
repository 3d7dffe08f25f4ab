"""Stand-ins of the real clouds that speak HTTP to the vendors' own SDKs. They import nothing of the product.

`front.Front` serves a `front.Cloud` and spoils requests as told (`faults`); `process.emulator_process` starts one.
"""
