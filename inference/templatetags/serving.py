"""What fleet's pages may ask of inference: who serves on a machine."""

from __future__ import annotations

from django import template

from inference import blast

register = template.Library()
register.simple_tag(blast.serving_on, name="serving_on")
