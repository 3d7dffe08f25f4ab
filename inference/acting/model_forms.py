"""Forms of models and serving configurations: a config.json pasted or uploaded, and an engine's settings."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from django import forms

from fleet.acting.fields import Amount, One, Whole, Word
from fleet.forms import StrictForm
from fleet.models import Project
from fleet.services.access import Caller
from inference.api.models import MODEL_NAME
from inference.api.serving_configs import CONFIG_NAME
from inference.domain.memory_fit import BYTES_PER_PARAMETER, KV_BYTES
from inference.models import Model, ServingConfig
from inference.telemetry import ENGINES

LARGEST_CONFIG = 256 * 1024
SAYS_NAME = "Letters, digits and . _ - / up to 200 characters, as engines know it: organisation/name."


class Generation(StrictForm):
    """Which version of the row was read."""

    undrawn = ("generation",)
    generation = forms.IntegerField(
        required=False, min_value=0, max_value=2**62, error_messages={"invalid": "Load the page again."}
    )


class ModelForm(Generation):
    name = Word(MODEL_NAME, SAYS_NAME, max_length=200, help_text="organisation/name, as engines know it.")
    config = forms.CharField(
        required=False,
        max_length=LARGEST_CONFIG,
        label="config.json",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text="Paste it, or choose the file below.",
    )
    file = forms.FileField(required=False, label="Or the file", help_text="At most 256 KiB.")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > LARGEST_CONFIG:
            raise forms.ValidationError("A config.json is at most 256 KiB; this file is larger.")
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if {"config", "file"} & set(self.errors):
            return cleaned
        where = "file" if cleaned.get("file") else "config"
        try:
            text = cleaned["file"].read().decode() if where == "file" else cleaned.get("config", "")
            if not text.strip():
                raise ValueError("Paste the model's config.json or choose its file.")
            read = json.loads(text, parse_constant=_no_constant)
            if not isinstance(read, dict):
                raise ValueError("A config.json is one object in braces.")
            cleaned["read"] = read
        except json.JSONDecodeError as error:
            said = f"This is no JSON: line {error.lineno}, column {error.colno}: {error.msg.lower()}."
            self.add_error(where, said)
        except UnicodeDecodeError:
            self.add_error(where, "A config.json is text in UTF-8; this file is not.")
        except (ValueError, RecursionError) as error:
            self.add_error(where, str(error) if isinstance(error, ValueError) else "It is nested too deeply.")
        return cleaned


class NewModelForm(ModelForm):
    project = One("project", help_text="Who may serve it.")
    field_order = ("project", "name", "config", "file")

    def __init__(self, *args: Any, caller: Caller, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Project.objects.filter(pk__in=caller.projects("inference:write")).order_by("slug")
        self.projects = {project.slug: project for project in mine}
        self.fields["project"].choices = [(slug, project.name) for slug, project in self.projects.items()]  # type: ignore[attr-defined]


class ConfigForm(Generation):
    """One way to serve a model."""

    name = Word(CONFIG_NAME, "Letters, digits, blanks and . _ - / up to 100 characters.", max_length=100)
    engine = One("engine", initial="vllm")
    quantization = One("quantization", required=False)
    dtype = One("number format", label="Number format")
    kv_dtype = One("KV cache format", required=False, label="KV cache")
    tensor_parallel = Whole(1, 1024, initial=1, label="Tensor parallel", help_text="Accelerators a layer is cut over.")
    pipeline_parallel = Whole(1, 1024, initial=1, label="Pipeline parallel")
    max_model_len = Whole(1, 100_000_000, label="Max context, tokens", help_text="Prompt and answer together.")
    max_num_seqs = Whole(1, 1_000_000, initial=256, label="Max sequences")
    max_num_batched_tokens = Whole(1, 100_000_000, initial=8192, label="Batched tokens")
    gpu_memory_utilization = Amount(
        Decimal("0.1"), Decimal("0.99"), unit="of the device", initial="0.9", label="Memory for the engine"
    )
    prefix_caching = forms.BooleanField(required=False, initial=True, label="Prefix caching")
    chunked_prefill = forms.BooleanField(required=False, initial=True, label="Chunked prefill")

    def __init__(self, *args: Any, model: Model, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("engine", list(ENGINES))
        self._offer("quantization", ["", *filter(None, BYTES_PER_PARAMETER)], none="None")
        self._offer("dtype", list(dict.fromkeys([model.dtype, "bfloat16", "float16"])))
        self._offer("kv_dtype", list(KV_BYTES), none="As the number format")
        if not self.is_bound:
            self.initial.setdefault("max_model_len", min(model.context_length, 8192))

    def _offer(self, name: str, words: list[str], *, none: str = "") -> None:
        self.fields[name].choices = [(word, word or none) for word in words]  # type: ignore[attr-defined]

    def settings(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.cleaned_data.items() if name not in ("name", "generation")}
        return kept | {"gpu_memory_utilization": float(kept["gpu_memory_utilization"])}


class ForgetForm(Generation):
    """`typed`: the name of what is forgotten for good."""

    typed = forms.CharField(required=False, max_length=300, label="Its name")

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].help_text = f"Type {name} to delete it."

    def clean_typed(self) -> str:
        typed: str = self.cleaned_data["typed"]
        if typed != self.name:
            raise forms.ValidationError(f"Type {self.name}, exactly so. Nothing was deleted.")
        return typed


def as_typed(config: ServingConfig) -> dict[str, Any]:
    """A configuration's settings as the form shows them."""
    names = set(ConfigForm.base_fields) - {"gpu_memory_utilization"}
    shown = {name: getattr(config, name) for name in names if hasattr(config, name)}
    return shown | {"gpu_memory_utilization": f"{config.gpu_memory_utilization:g}"}


def next_name(name: str) -> str:
    """A name for a copy: `fast` → `fast-2` → `fast-3`."""
    found = re.fullmatch(r"(.*?)-(\d{1,4})", name)
    return f"{found[1]}-{int(found[2]) + 1}" if found else f"{name}-2"


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number a config.json may hold.")
