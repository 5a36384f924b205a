"""Asks a worker for bugs, alerts and silences, and gives it commands: the client of `/api`."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from agents.role import MisfitError

PATIENCE_S = 30.0
PAGE = "/api/clusters"
ALERTS = "/api/alerts"
SILENCES = "/api/silences"
ROUTES = "/api/routes"
ANOTHER = "name a worker of panicstream with --url"
STRANGER, UNKNOWN = 403, 404
REMEDIES = {  # what to do about a refusal, by its status
    400: "`panicstream {help} --help` shows how it is used",
    STRANGER: "set http.token as the workers have it, or http.token_file, or PANICSTREAM_HTTP_TOKEN",
    UNKNOWN: "`panicstream {list}` shows which there are",
    503: "ask again in a moment",
}
COMMANDS = {  # whose help, and whose list, help where something was asked under /api
    "clusters": {"help": "clusters", "list": "clusters"},
    "alerts": {"help": "alerts", "list": "alerts"},
    "silences": {"help": "silence", "list": "silence list"},
    "routes": {"help": "alerts route", "list": "alerts"},
}
TRACKLESS = "the worker there does not run track; name one that does with --url"
Value = dict[str, Any]


class ClusterApi:
    """A worker. All raise MisfitError where it does not answer, or refuses."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def page(self, question: Mapping[str, object]) -> Value:
        """Return a page of bugs."""
        told = self._ask(f"{PAGE}?{urlencode(question)}")
        return self._known(told, {"known", "total", "partitions", "of", "clusters"})

    def cluster(self, cluster_id: str) -> Value:
        """Return a bug; of an id that was merged, the one that lives."""
        return self._known(self._ask(f"{PAGE}/{cluster_id}"), {"cluster_id", "fingerprints"})

    def command(self, name: str, cluster_id: str, arguments: Mapping[str, object], token: str) -> Value:
        """Give a command; return it as it was written."""
        told = self._ask(f"{PAGE}/{cluster_id}/{name}", orjson.dumps(arguments), _headers(token))
        return self._known(told, {"command", "subject", "by"})

    def alerts(self, question: Mapping[str, object]) -> Value:
        """Return all alerts that are asked for."""
        return self._known(self._ask(f"{ALERTS}?{urlencode(question)}"), {"partitions", "of", "alerts"})

    def alert(self, fingerprint: str) -> Value:
        """Return one alert."""
        return self._known(self._ask(f"{ALERTS}/{fingerprint}"), {"fingerprint", "episode", "rule"})

    def silences(self) -> Value:
        """Return all silences."""
        return self._known(self._ask(SILENCES), {"silences"})

    def silence(self, wish: Mapping[str, object], token: str) -> Value:
        """Silence some alerts; return the silence."""
        return self._known(self._ask(SILENCES, orjson.dumps(wish), _headers(token)), {"id", "matchers"})

    def unsilence(self, silence_id: str, by: str, token: str) -> Value:
        """End a silence; return it."""
        path = f"{SILENCES}/{quote(silence_id, safe='')}/expire"
        return self._known(self._ask(path, orjson.dumps({"by": by}), _headers(token)), {"id", "matchers"})

    def route(self, labels: Mapping[str, str]) -> Value:
        """Return who would be told of an alert with these labels."""
        return self._known(self._ask(f"{ROUTES}?{urlencode(labels)}"), {"targets", "silences"})

    def _known(self, told: object, must: set[str]) -> Value:
        if isinstance(told, dict) and told.keys() >= must:
            return told
        raise MisfitError(f"{self._url}: something else answers there", ANOTHER)

    def _ask(self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> object:
        try:
            asked = urllib.request.Request(f"{self._url}{path}", body, dict(headers or {}))  # noqa: S310  # whoever calls it names the place
            with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
                return _json(answer.read())
        except urllib.error.HTTPError as error:
            raise self._refused(error, path) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            why = str(getattr(reason, "strerror", None) or reason).lower()
            remedy = "start `panicstream worker`, or name one with --url"
            raise MisfitError(f"{self._url}: {why}", remedy) from None

    def _refused(self, error: urllib.error.HTTPError, path: str) -> MisfitError:
        """Return what a worker says is wrong; something else says it in other ways."""
        told = _json(error.read())
        if isinstance(told, dict) and isinstance(why := told.get("error"), str):
            return MisfitError(
                f"{self._url}: {why}", REMEDIES.get(error.code, ANOTHER).format_map(_commands(path))
            )
        remedy = TRACKLESS if error.code == UNKNOWN else ANOTHER
        return MisfitError(f"{self._url}: {error.reason.lower()}", remedy)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _commands(path: str) -> Mapping[str, str]:
    """Return the commands that help with what a path is about."""
    return COMMANDS[path.partition("?")[0].split("/")[2]]


def _json(answer: bytes) -> object:
    """Read an answer; None where it is no JSON."""
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError:
        return None
