from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from fleet.signin import login, oidc, pages, passwords, prove

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", login.LoginView.as_view(), name="login"),
    path("login/code/", login.code, name="mfa_authenticate"),
    path("login/inactive/", login.inactive, name="account_inactive"),
    path("login/oidc/", oidc.start, name="oidc"),
    path("login/oidc/callback/", oidc.callback, name="oidc-callback"),
    path("login/password/<uidb64>/<token>/", passwords.InvitedView.as_view(), name="invited"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("prove/", prove.prove, name="prove"),
    path("settings/you", pages.you, name="you"),
    path("settings/password", passwords.change, name="change-password"),
    path("settings/second-factor", pages.second_factor_page, name="second-factor"),
    path("settings/second-factor/add", pages.add_second_factor, name="second-factor-add"),
    path("settings/second-factor/remove", pages.remove_second_factor, name="second-factor-remove"),
    path("settings/second-factor/codes", pages.renew_recovery_codes, name="recovery-codes"),
    path("settings/sessions", pages.sessions_page, name="sessions"),
    path("settings/sessions/end", pages.end_session, name="sessions-end"),
    # The admin's own login page would ask for no second factor.
    path("admin/login/", login.LoginView.as_view()),
    # Nor would its own page for a password know our rules.
    path("admin/password_change/", RedirectView.as_view(pattern_name="you")),
    # Under this name django-allauth looks for the login.
    path("login/", login.LoginView.as_view(), name="account_login"),
]
