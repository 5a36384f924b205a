"""Whether a request shows the token that it needs."""

import hmac

from aiohttp import web

from pipeline.settings import HttpSettings

SCHEME = "bearer"


def refusal(http: HttpSettings, request: web.Request, what: str) -> str | None:
    """Say why a request may not do `what` (`change clusters`); None where it may."""
    token = http.token.get_secret_value()
    if not token:
        return f"nobody may {what}: this worker has no http.token"
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    fits = hmac.compare_digest(shown.strip().encode(errors="replace"), token.encode())
    return None if fits and scheme.lower() == SCHEME else "it needs the workers' http.token"
