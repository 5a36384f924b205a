"""A value of `deploys`: what CI and CD tell of a release of a service."""

from typing import Any, Literal

from pydantic import ValidationError

from pipeline.sighting import Time
from pipeline.step import BadRecordError, Told, first_fault
from pipeline.vital import Short

KEPT = 20  # of a service


class Deploy(Told):
    """A release that was brought out; `finished_at` is None while that goes on."""

    schema_version: Literal[1]
    service_name: str
    service_namespace: str | None = None
    environment: str | None = None
    release: Short
    previous_release: Short | None = None
    started_at: Time = None
    finished_at: Time = None
    commit: Short | None = None
    build_url: Short | None = None
    author: Short | None = None

    @property
    def service(self) -> tuple[str | None, str | None, str | None]:
        """Namespace, name and environment."""
        return self.service_namespace, self.service_name, self.environment


def read_deploy(written: bytes) -> Deploy:
    """Take a value apart. Raises BadRecordError where it is none, or of another version."""
    try:
        return Deploy.model_validate_json(written)
    except ValidationError as error:
        raise BadRecordError(*first_fault(error)) from None


def noted(deploys: list[dict[str, Any]], deploy: Deploy, arrival: str) -> list[dict[str, Any]]:
    """Return the last deploys of a service, one a release, with one more; `time` is when it was out."""
    told = {
        "release": deploy.release,
        "previous_release": deploy.previous_release,
        "time": deploy.finished_at or deploy.started_at or arrival,
        "commit": deploy.commit,
        "build_url": deploy.build_url,
        "author": deploy.author,
    }
    others = [one for one in deploys if one["release"] != deploy.release]
    return sorted([*others, told], key=lambda one: one["time"])[-KEPT:]
