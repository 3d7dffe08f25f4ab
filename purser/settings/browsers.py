"""What browsers are told: HTTPS, cookies, what a page may load; and which proxies are believed."""

from csp.constants import NONCE, NONE, SELF, UNSAFE_INLINE

from purser.env import env_bool, env_list
from purser.settings.process import PRODUCTION

# A reverse proxy may say who the client is and that it came by https; nobody else may (purser/middleware.py).
TRUSTED_PROXIES = env_list("TRUSTED_PROXIES")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# HTTPS is on in production; off only where the whole path to the browser is this machine.
HTTPS = env_bool("HTTPS", PRODUCTION)
SECURE_SSL_REDIRECT = HTTPS
# The API refuses plain HTTP instead (fleet/middleware.py): a redirect would hide that a token went in the clear.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^api/(?!docs|problems)"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-purser" if HTTPS else "purser"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False  # the page's own script sends it back as X-CSRFToken
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-purser-csrf" if HTTPS else "purser-csrf"
MESSAGE_STORAGE = "fleet.sealed_messages.Storage"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # Our templates give each script this answer's nonce and then run no other (purser/middleware.py). Django's
        # admin knows no nonces: there, scripts of this site run. Inline ones run nowhere.
        "script-src": [SELF, NONCE],
        "style-src": [SELF, UNSAFE_INLINE],  # Plotly writes style attributes and a style element
        "img-src": [SELF, "data:", "blob:"],  # blob: is Plotly's "download as PNG"
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
