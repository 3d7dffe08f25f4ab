"""`python -m purser.probe`: ends with 0 when the web process of this container is healthy."""

import http.client
import os
import sys

TIMEOUT_S = 4.0


def main() -> int:
    """Ask /healthz under a name that ALLOWED_HOSTS accepts, as a load balancer would."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".") or "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer: {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    print(f"answered {status}")
    return 0 if status == http.client.OK else 1


if __name__ == "__main__":
    sys.exit(main())
