"""What a problem's `type` leads to: a page per code, open to anybody: it tells nothing of the installation."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fleet.api.problem_codes import meaning


@login_not_required
@require_safe
def problem(request: HttpRequest, code: str) -> HttpResponse:
    means, to_do = meaning(code)
    return render(request, "problem.html", {"code": code, "means": means, "to_do": to_do})
