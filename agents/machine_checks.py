"""What `doctor` asks this machine: libraries and the port."""

import asyncio
import platform
import re
from importlib.metadata import PackageNotFoundError, requires, version
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from agents.finding import Finding
from agents.metrics import Metrics
from agents.role import MisfitError
from agents.web import Web

ANSWER_S = 2.0
PIN = re.compile(r"^([\w.-]+)==([\w.]+)$")  # what development alone needs has a condition behind it


def libraries() -> Finding:
    """Look whether the libraries are those that panicstream was tried with."""
    pins = {pin[1]: pin[2] for line in requires("panicstream") or () if (pin := PIN.match(line))}
    there = {name: _version(name) for name in pins}
    wrong = [f"{name} {there[name]}, tried with {pin}" for name, pin in pins.items() if there[name] != pin]
    if wrong:
        return Finding("libraries", "; ".join(wrong), "install what requirements.lock names")
    python = f"Python {platform.python_version()}"
    return Finding("libraries", ", ".join([python, *(f"{name} {there[name]}" for name in pins)]))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def port(listen: str) -> Finding:
    """Look whether the worker can listen; a worker that does so already is fine."""
    check = f"port {listen}"
    try:
        asyncio.run(_listen(listen))
    except MisfitError as misfit:
        if _is_ours(listen):
            return Finding(check, "a worker listens here already")
        return Finding(check, str(misfit), misfit.remedy)
    return Finding(check, "free")


async def _listen(listen: str) -> None:
    async with Web(listen, Metrics(), str, dict):
        pass


def _is_ours(listen: str) -> bool:
    """Say whether a worker answers there, healthy or not."""
    try:
        with urlopen(f"http://{listen}/healthz", timeout=ANSWER_S) as answer:  # the scheme is ours
            return b'"healthy"' in answer.read(1000)
    except HTTPError as error:
        return b'"healthy"' in error.read(1000)
    except (URLError, OSError, ValueError):
        return False
