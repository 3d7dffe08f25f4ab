"""Who gets in: passwords, second factors, single sign-on, and how long a session lasts."""

from django.core.exceptions import ImproperlyConfigured

from fleet.domain.groups import Rule, read_groups
from purser.env import env_int, env_list, env_secret, env_str
from purser.settings.process import PRODUCTION

LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "fleet.signin.password_rules.NotTooLong"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "fleet.signin.password_rules.HardToGuess"},
]
PASSWORD_RESET_TIMEOUT = 24 * 3600  # how long a link to set a password works, seconds

# django-allauth brings second factors and OpenID Connect; pages, throttles and rules are ours (fleet/signin).
ACCOUNT_ADAPTER = "fleet.signin.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS: dict[str, str] = {}
MFA_ADAPTER = "fleet.signin.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Purser"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODE_DIGITS = 10
# Who must have a second factor: without one they reach nothing but the page that sets it up.
REQUIRE_SECOND_FACTOR = env_str("REQUIRE_SECOND_FACTOR", "none", choices=("none", "admins", "everybody"))

SESSION_ENGINE = "fleet.signin.store"
SESSION_COOKIE_AGE = env_int("SESSION_AGE_S", 8 * 3600, minimum=300, maximum=7 * 86_400)
# A session that nobody used for this many seconds is over; what pages ask for by themselves is no use.
SESSION_IDLE_S = env_int("SESSION_IDLE_S", 30 * 60, minimum=60, maximum=7 * 86_400)
# Before what could hurt most a browser must have proved itself within this many seconds.
SUDO_AGE_S = env_int("SUDO_AGE_S", 15 * 60, minimum=60, maximum=86_400)

# OpenID Connect is on when an issuer is named.
OIDC_ISSUER = env_str("OIDC_ISSUER", "").rstrip("/")
OIDC_CLIENT_ID = env_str("OIDC_CLIENT_ID", None if OIDC_ISSUER else "")
OIDC_CLIENT_SECRET = env_secret("OIDC_CLIENT_SECRET", None if OIDC_ISSUER else " ").strip()
OIDC_NAME = env_str("OIDC_NAME", "single sign-on") if OIDC_ISSUER else ""
OIDC_SCOPES = env_str("OIDC_SCOPES", "openid profile email").split()
OIDC_GROUPS_CLAIM = env_str("OIDC_GROUPS_CLAIM", "groups")
# Hosts besides the issuer's that its discovery document may send us to.
OIDC_EXTRA_HOSTS = env_list("OIDC_EXTRA_HOSTS")


def _groups(text: str) -> tuple[Rule, ...]:
    try:
        return read_groups(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"OIDC_GROUPS {error}") from error


OIDC_GROUPS = _groups(env_str("OIDC_GROUPS", ""))
if OIDC_ISSUER and not OIDC_ISSUER.startswith(("https://",) if PRODUCTION else ("https://", "http://")):
    raise ImproperlyConfigured("OIDC_ISSUER must be an https:// address, as the provider writes it in its tokens.")
if OIDC_ISSUER and "openid" not in OIDC_SCOPES:
    raise ImproperlyConfigured("OIDC_SCOPES must hold openid; without it no identity comes back.")

SOCIALACCOUNT_ADAPTER = "fleet.signin.oidc.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False  # who somebody is, is all that is wanted of them
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, object]] = {}
