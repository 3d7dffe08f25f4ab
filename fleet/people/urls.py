from django.urls import URLPattern, URLResolver, path

from fleet.people import members, projects, service_accounts, tokens

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/tokens", tokens.tokens, name="settings-tokens"),
    path("settings/tokens/new", tokens.new, name="token-new"),
    path("settings/tokens/<str:public_id>", tokens.token, name="token"),
    path("settings/tokens/<str:public_id>/rotate", tokens.rotate, name="token-rotate"),
    path("settings/tokens/<str:public_id>/revoke", tokens.revoke, name="token-revoke"),
    path("settings/members", members.members, name="settings-members"),
    path("settings/members/<str:public_id>/<int:user_id>/role", members.change, name="member-change"),
    path("settings/members/<str:public_id>/<int:user_id>/role/<slug:role>", members.put_back, name="member-role"),
    path("settings/members/<str:public_id>/<int:user_id>/remove", members.remove, name="member-remove"),
    path("settings/service-accounts", service_accounts.accounts, name="settings-service-accounts"),
    path("settings/service-accounts/<str:public_id>", service_accounts.account, name="service-account"),
    path("settings/service-accounts/<str:public_id>/on", service_accounts.switch_on, name="service-account-on"),
    path("settings/service-accounts/<str:public_id>/off", service_accounts.switch_off, name="service-account-off"),
    path("settings/service-accounts/<str:public_id>/delete", service_accounts.delete, name="service-account-delete"),
    path("settings/projects", projects.projects, name="settings-projects"),
    path("settings/projects/<str:public_id>", projects.project, name="project"),
    path("settings/projects/<str:public_id>/delete", projects.delete, name="project-delete"),
]
