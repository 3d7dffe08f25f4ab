"""Settings, Switches: stop launches or the sweeper, or let them go on, with a reason others will read."""

from __future__ import annotations

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fleet.acting.dialog import finish
from fleet.forms import StrictForm
from fleet.pages import frame_of
from fleet.queries.standing import installation_facts
from fleet.services import switches as service
from fleet.settings_pages import render_section
from fleet.sudo import sudo_required

SCOPE = "installation:write"


class SwitchForm(StrictForm):
    """`what` and `stopped` come with the button."""

    undrawn = ("what", "stopped")
    what = forms.ChoiceField(
        choices=[(name, name) for name in service.COLUMNS],
        error_messages={"invalid_choice": "There is no such switch."},
    )
    stopped = forms.ChoiceField(
        choices=[("yes", ""), ("no", "")], error_messages={"invalid_choice": "A switch is on or off."}
    )
    reason = forms.CharField(
        max_length=service.LONGEST_REASON,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Stands beside the switch and in the audit log.",
    )


@sudo_required
@require_http_methods(["GET", "HEAD", "POST"])
def switches(request: HttpRequest) -> HttpResponseBase:
    """How both stand, and a form for each."""
    frame = frame_of(request)
    if not frame.caller.may(SCOPE, None):
        raise PermissionDenied
    forms_by_name = {name: SwitchForm(auto_id=f"{name}_%s") for name in service.COLUMNS}
    posted = request.method == "POST"
    if posted:
        form = SwitchForm(request.POST, auto_id=f"{request.POST.get('what', '')[:20]}_%s")
        if form.is_valid():
            what, stopped = form.cleaned_data["what"], form.cleaned_data["stopped"] == "yes"
            with form.refusals():
                service.switch(
                    what,
                    stopped=stopped,
                    reason=form.cleaned_data["reason"],
                    now=frame.now,
                    by=frame.caller,
                )
                return finish(request, _said(what, stopped), to=reverse("switches"))
        forms_by_name[request.POST.get("what", "") if request.POST.get("what") in forms_by_name else "launches"] = form
    facts = installation_facts()
    about = {
        "launches": ("Launches", facts["launches_paused"], facts["pause_reason"]),
        "sweeper": ("Sweeper", facts["destructive_frozen"], facts["frozen_reason"]),
    }
    rows = [(name, forms_by_name[name], *about[name]) for name in service.COLUMNS]
    status = 422 if posted else 200
    return render_section(request, "settings/switches.html", frame, "switches", {"switches": rows}, status=status)


def _said(what: str, stopped: bool) -> str:
    words = {
        ("launches", True): "Launches are paused. What runs goes on; nothing new is bought.",
        ("launches", False): "Launches go on. What waited is planned within seconds.",
        ("sweeper", True): "The sweeper ends nothing from now on. It still looks.",
        ("sweeper", False): "The sweeper goes on. Orphans are ended at its next look.",
    }
    return words[what, stopped]
