"""The ways to a Kafka for the tests, in the order they are taken: a running one, Java and Maven, docker."""

import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.kafka.errors import NoKafkaError
from tests.kafka.jars import cache, jars, version

RUNNING = "PANICSTREAM_TEST_KAFKA"
JAVA = 17  # the oldest that Kafka 4 runs on
DOCKER_S = 20  # how long an engine may take to answer
OPTIONS = [  # short lives: quick to start, small, one thread that collects garbage
    *("-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
    "-Djava.net.preferIPv4Stack=true",
    # Kafka's way down is told at the level info, and would bury why it did not start.
    *("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dlog4j2.level=warn"),
]


@dataclass(frozen=True)
class Found:
    """What a machine has; `java` is its major version, 0 where there is none."""

    java: int = 0
    maven: bool = False
    jars: bool = False
    docker: bool = False


class Way(Protocol):
    """How Kafka's programs are run here."""

    def words(self, name: str, folder: Path) -> list[str]:
        """Return the command that a program's class and arguments are added to; it sees `folder`."""

    def send(self, signal: str, name: str, pid: object) -> str:
        """Return the shell line that sends a signal (`KILL`) to the program of that name."""


@dataclass(frozen=True)
class WithJava:
    """Kafka's jars with the java of the machine; at its end a program leaves its classes in `training`."""

    training: Path | None = None

    def archive(self) -> Path:
        """Return where the classes are kept for this java."""
        return jars() / f"java-{java_version()}.jsa"

    def words(self, name: str, folder: Path) -> list[str]:  # noqa: ARG002  # a process needs no name
        """Run java."""
        classes = (
            f"ArchiveClassesAtExit={self.training}"
            if self.training
            else f"SharedArchiveFile={self.archive()}"
        )
        return [java(), *OPTIONS, f"-XX:{classes}", "-cp", f"{jars()}/*"]

    def send(self, signal: str, name: str, pid: object) -> str:  # noqa: ARG002  # a process needs no name
        """Signal the process."""
        return f"kill -{signal} {pid}"


@dataclass(frozen=True)
class WithDocker:
    """Kafka's own image, on the network of the host: a broker has one address for all."""

    def words(self, name: str, folder: Path) -> list[str]:
        """Run a container, which is gone when the program ends."""
        return [
            *("docker", "run", "--rm", "--name", name, "--network", "host"),
            *("--user", f"{os.getuid()}:{os.getgid()}", "--volume", f"{folder}:{folder}"),
            *("--entrypoint", "java", f"apache/kafka:{version()}", *OPTIONS, "-cp", "/opt/kafka/libs/*"),
        ]

    def send(self, signal: str, name: str, pid: object) -> str:  # noqa: ARG002  # the process is docker's client
        """Signal the container."""
        return f"docker kill --signal {signal} {name}"


def choose(found: Found) -> Way | str:
    """Return the way to brokers of our own, or the line that says what is missing."""
    missing = []
    if found.java < JAVA:
        missing.append(f"Java {JAVA} or later")
    if not (found.maven or found.jars):
        missing.append("Maven")
    if not missing:
        return WithJava()
    if found.docker:
        return WithDocker()
    return (
        f"no Kafka for the tests: {' and '.join(missing)} {'are' if missing[1:] else 'is'} missing:"
        " apt install maven default-jdk-headless"
        f" (or start a docker engine, or set {RUNNING}=HOST:PORT to one that runs)"
    )


def found() -> Found:
    """Look what this machine has."""
    return Found(
        java=int(re.split(r"\D", java_version())[0] or 0),
        maven=shutil.which("mvn") is not None,
        jars=cache().is_dir(),
        docker=_answers(["docker", "info"]),
    )


@functools.cache
def this_way() -> Way:
    """Return the way of this machine. Raises NoKafkaError with the line that says what is missing."""
    chosen = choose(found())
    if isinstance(chosen, str):
        raise NoKafkaError(chosen)
    return chosen


def java() -> str:
    """Return the java that Maven would take."""
    home = os.environ.get("JAVA_HOME")
    return f"{home}/bin/java" if home else "java"


@functools.cache
def java_version() -> str:
    """Return what java says it is (`17.0.15`), or nothing where there is none."""
    try:
        told = subprocess.run([java(), "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    except OSError:
        return ""
    number = re.search(r'version "([^"]+)"', told)
    return number[1] if number else ""


def _answers(words: list[str]) -> bool:
    try:
        return subprocess.run(words, capture_output=True, timeout=DOCKER_S, check=False).returncode == 0  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
