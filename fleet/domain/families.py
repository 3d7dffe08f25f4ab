"""Which machines share a quota where their cloud does not say: those of one family, read out of their names."""

from __future__ import annotations

import re

_NAMES = (
    re.compile(r"(?P<first>Standard_[A-Z]+)\d[a-z0-9-]*(?P<rest>_.+)?"),  # Azure: Standard_ND96isr_H100_v5
    re.compile(r"(?P<first>[a-z]+\d+[a-z0-9-]*)\..+(?P<rest>)"),  # AWS: p5en.48xlarge
    re.compile(r"(?P<first>[a-z]\d+[a-z]?-[a-z]+)-.+(?P<rest>)"),  # Google: a3-highgpu-8g
)


def family_of(instance_type: str) -> str:
    """`p5`, `a3-highgpu`, `Standard_ND_H100_v5`; the whole name where it is of no kind that is known."""
    for pattern in _NAMES:
        if found := pattern.fullmatch(instance_type):
            return found["first"] + (found["rest"] or "")
    return instance_type
