"""Prometheus' Alertmanager and `amtool`: those of this machine, else out of Debian's package."""

import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.debian import Package, fetched
from tests.kafka.cluster import free_ports
from tests.kafka.topics import until
from tests.webhooks import HOST, Answered, asked

PATIENCE_S = 30.0
SHIPPED = Path(__file__).parents[1] / "deploy" / "alertmanager" / "alertmanager.yml"
REMEDY = "apt install prometheus-alertmanager"
PACKAGE = Package("prometheus-alertmanager", "prometheus-alertmanager", "", REMEDY)
# Debian's program reads its templates there, and starts without them no more.
TEMPLATES = re.compile(rb"/usr/share/prometheus/alertmanager(?!/)")
OURS = b"usr/share/prometheus//alertmanager"  # as long, from the folder that it is started in
FAST_GOSSIP = (
    "--cluster.gossip-interval=20ms",
    "--cluster.peer-timeout=1s",
    "--cluster.pushpull-interval=1s",
    "--cluster.settle-timeout=1s",
    "--cluster.probe-interval=200ms",
    "--cluster.reconnect-interval=200ms",
)


def program(name: str) -> tuple[Path, Path | None]:
    """Return `prometheus-alertmanager` or `amtool`, and where it is started. Raises NoProgramError."""
    if found := shutil.which(name):
        return Path(found), None
    unpacked = fetched(PACKAGE, _with_templates)
    return unpacked / "usr" / "bin" / name, unpacked


def _with_templates(unpacked: Path) -> None:
    """Let the program find its templates where they are unpacked: it is not to be installed."""
    itself = unpacked / "usr" / "bin" / PACKAGE.program
    itself.write_bytes(TEMPLATES.sub(OURS, itself.read_bytes()))


class Alertmanager:
    """One replica; make some with `alertmanagers`."""

    def __init__(self, folder: Path, config: str, ports: tuple[int, int], flags: Sequence[str]) -> None:
        """`ports` are that of HTTP and that of gossip."""
        folder.mkdir()
        self._config, self._storage, self._log = folder / "config.yml", folder / "data", folder / "log"
        self._config.write_text(config)
        self._flags, self._ports = flags, ports
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://{HOST}:{ports[0]}"

    def start(self) -> None:
        """Start it, with what it had; return as soon as it serves. Raises TimeoutError."""
        path, folder = program(PACKAGE.program)
        words = [
            str(path),
            f"--config.file={self._config}",
            f"--storage.path={self._storage}",
            f"--web.listen-address={HOST}:{self._ports[0]}",
            *self._flags,
        ]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)  # noqa: S603
        try:
            until(self._serves, PATIENCE_S, f"Alertmanager at {self.url}")
        except TimeoutError as late:
            raise TimeoutError(f"{late}:\n{self.log()[-2000:]}") from None

    def _serves(self) -> bool:
        assert self._process
        if self._process.poll() is not None:
            raise TimeoutError(f"Alertmanager ended with {self._process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex((HOST, self._ports[0])):
                return False
        return asked(f"{self.url}/-/ready").status == 200

    def stop(self) -> None:
        """Let it end as an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Let it die on the spot."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)
            self._process = None

    def remember(self, name: str) -> None:
        """Wait until it stands on its disk that it, or another replica, has told of the alert."""
        kept, wanted = self._storage / "nflog", f'alertname="{name}"'.encode()
        until(lambda: kept.exists() and wanted in kept.read_bytes(), PATIENCE_S, f"{name} in {kept}")

    def log(self) -> str:
        """Return all that it said."""
        return self._log.read_text()

    def post(self, alerts: Any) -> Answered:
        """Hand it alerts."""
        return asked(f"{self.url}/api/v2/alerts", alerts)

    def alerts(self) -> list[dict[str, Any]]:
        """Return those that it holds to be up."""
        return list(asked(f"{self.url}/api/v2/alerts").json())

    def peers(self) -> int:
        """Return how many replicas it sees, itself among them."""
        return len(asked(f"{self.url}/api/v2/status").json()["cluster"].get("peers", ()))


@contextmanager
def alertmanagers(
    folder: Path, config: str, count: int = 1, flags: Sequence[str] = ()
) -> Iterator[list[Alertmanager]]:
    """Run replicas that know each other as long as the block lasts."""
    ports = free_ports(2 * count)
    web, gossip = ports[:count], ports[count:]
    with ExitStack() as running:
        made = []
        for number in range(count):
            own = [*flags, *_clustered(number, gossip)]
            one = Alertmanager(folder / f"replica{number}", config, (web[number], gossip[number]), own)
            running.callback(one.kill)
            one.start()
            made.append(one)
        if count > 1:
            until(lambda: all(one.peers() == count for one in made), PATIENCE_S, "cluster")
        yield made


def _clustered(number: int, gossip: Sequence[int]) -> list[str]:
    if len(gossip) == 1:
        return ["--cluster.listen-address="]
    peers = [f"--cluster.peer={HOST}:{port}" for other, port in enumerate(gossip) if other != number]
    own = f"{HOST}:{gossip[number]}"
    return [
        f"--cluster.listen-address={own}",
        f"--cluster.advertise-address={own}",
        *peers,
        *FAST_GOSSIP,
    ]


def shipped(worker: str, hook: str, token: Path) -> str:
    """Return the settings that are shipped, told where the worker is, and a stand-in for PagerDuty."""
    text = SHIPPED.read_text()
    changes = {
        "resolve_timeout: 5m": f"resolve_timeout: 5m\n  pagerduty_url: {hook}/pager",
        "http://track:8321": f"http://{worker}",
        "/run/secrets/panicstream_token": str(token),
        "/run/secrets/pagerduty_key": str(token),
    }
    for old, new in changes.items():
        if old not in text:
            raise ValueError(f"{SHIPPED.name} has no {old}")
        text = text.replace(old, new)
    return text


def routed(url: str, wait: str = "1s", interval: str = "2s", repeat: str = "4h") -> str:
    """Return settings that tell everything to a webhook."""
    return f"""
global: {{resolve_timeout: 5m}}
route:
  receiver: all
  group_by: [alertname, service, env, severity]
  group_wait: {wait}
  group_interval: {interval}
  repeat_interval: {repeat}
receivers:
- name: all
  webhook_configs: [{{url: '{url}/all'}}]
"""
