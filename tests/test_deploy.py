"""The image, the compose file and Prometheus' settings fit each other and the program, engine or not."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import click
import pytest
from ruamel.yaml import YAML

from agents.__main__ import cli
from pipeline.settings import Settings
from tests.command import panicstream, run
from tests.kafka.jars import version

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
COMPOSE = ROOT / "docker-compose.yml"
ALERTMANAGER = ROOT / "deploy" / "alertmanager" / "alertmanager.yml"
ROUTES = ROOT / "deploy" / "alertmanager" / "routes.toml"
PROMETHEUS = ROOT / "deploy" / "prometheus" / "prometheus.yml"
Service = dict[str, Any]


def yaml(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe").load(path)
    return read


def services() -> dict[str, Service]:
    found: dict[str, Service] = yaml(COMPOSE)["services"]
    return found


def ours() -> dict[str, Service]:
    return {name: service for name, service in services().items() if service["image"] == "panicstream"}


def workers() -> dict[str, Service]:
    return {name: service for name, service in ours().items() if service["command"][0] == "worker"}


def instructions(word: str) -> list[str]:
    """Give the arguments of each such instruction of the Dockerfile, continued lines joined."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return re.findall(rf"^{word} +(.*)$", text, re.MULTILINE)


def tool(name: str, *words: str | Path) -> list[str]:
    """Run a tool of the development libraries; give its code and all that it said."""
    done = run([str(Path(sys.executable).with_name(name)), *map(str, words)], folder=ROOT)
    return [f"exit code {done.code}", *done.output.splitlines(), *done.errors]


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    assert tool("hadolint", DOCKERFILE) == ["exit code 0"]


def test_the_compose_file_fits_the_compose_schema() -> None:
    said = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)
    assert said == ["exit code 0", "ok -- validation done"]


def test_every_base_of_the_image_is_pinned_to_a_whole_version() -> None:
    bases = [base.split()[0] for base in instructions("FROM")]
    assert [base for base in bases if not re.search(r":\d+\.\d+\.\d+-", base)] == []


def test_the_program_is_built_with_the_python_it_runs_on() -> None:
    pythons = re.findall(r"^FROM (python:[\d.]+)-", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(pythons) == 2
    assert len(set(pythons)) == 1


def copied() -> set[str]:
    """Give what the image takes from the project."""
    return {path for line in instructions("COPY") if "--from" not in line for path in line.split()[:-1]}


def test_what_the_image_is_built_from_is_all_that_the_engine_gets() -> None:
    let_in = re.findall(r"^!(.*)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied()) == sorted(let_in)
    assert [path for path in copied() if not (ROOT / path).exists()] == []


def test_what_the_wheel_takes_in_is_there_in_the_image() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["maturin"]
    wanted = {*wheel["python-packages"], *(pattern.partition("/*")[0] for pattern in wheel["include"])}
    assert wanted - copied() == set()


def test_the_image_runs_the_program_and_not_as_root() -> None:
    assert json.loads(instructions("ENTRYPOINT")[-1]) == ["panicstream"]
    assert [int(part) > 0 for part in instructions("USER")[-1].split(":")] == [True, True]


@contextmanager
def worker_that_answers(code: int) -> Iterator[str]:
    """Answer `/healthz` with this code, and all else with 404; give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"0.0.0.0:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("code", "healthy"), [(200, True), (503, False), (404, False)])
def test_the_health_check_asks_the_worker_where_it_listens(code: int, healthy: bool) -> None:
    words = json.loads(instructions("HEALTHCHECK")[-1].partition("CMD")[2])
    with worker_that_answers(code) as address:
        settings = {"PANICSTREAM_HTTP_LISTEN": address}
        done = subprocess.run([sys.executable, *words[1:]], env=settings, capture_output=True, check=False)  # noqa: S603
    assert (words[0], done.returncode == 0) == ("python", healthy)


def set_names() -> set[str]:
    """Give every setting of ours that the image or a service sets."""
    names = {name for service in ours().values() for name in service["environment"]}
    return names | set(re.findall(r"PANICSTREAM_\w+(?==)", " ".join(instructions("ENV"))))


def test_every_setting_there_is_known() -> None:
    known = {
        f"PANICSTREAM_{section}_{name}".upper()
        for section, field in Settings.model_fields.items()
        for name in type(field.default).model_fields
    }
    assert set_names() - known == set()
    assert "PANICSTREAM_HTTP_LISTEN" in set_names()


@pytest.mark.parametrize("name", ours())
def test_every_command_there_is_understood(name: str) -> None:
    words, command = list(ours()[name]["command"]), cast(click.Command, cli)
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    assert command.make_context(name, words).params


def test_each_service_waits_for_what_it_needs() -> None:
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in services().items()
    }
    assert waits == {
        "kafka": {},
        "topics": {"kafka": "service_healthy"},
        "detect": {"topics": "service_completed_successfully"},
        "track": {
            "topics": "service_completed_successfully",
            "token": "service_completed_successfully",
        },
        "token": {},
        "alertmanager": {"token": "service_completed_successfully"},
        "alertmanager-2": {"token": "service_completed_successfully"},
        "prometheus": {"detect": "service_healthy", "track": "service_healthy"},
    }


def test_what_compose_restarts_has_no_supervisor_of_its_own() -> None:
    assert {name: service["restart"] for name, service in services().items()} == {
        "kafka": "unless-stopped",
        "topics": "no",
        "detect": "unless-stopped",
        "track": "unless-stopped",
        "token": "no",
        "alertmanager": "unless-stopped",
        "alertmanager-2": "unless-stopped",
        "prometheus": "unless-stopped",
    }
    assert [name for name, service in workers().items() if "--no-supervise" not in service["command"]] == []


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_volumes_are_declared_and_files_are_there() -> None:
    sources = {part.split(":")[0] for service in services().values() for part in service.get("volumes", [])}
    files = {source for source in sources if source.startswith("./")}
    assert sources - files == set(yaml(COMPOSE)["volumes"])
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_prometheus_reads_every_worker_where_it_listens() -> None:
    port = re.search(r"PANICSTREAM_HTTP_LISTEN=0\.0\.0\.0:(\d+)", " ".join(instructions("ENV")))
    assert port
    read = {job["job_name"]: job["dns_sd_configs"] for job in yaml(PROMETHEUS)["scrape_configs"]}
    assert read == {
        name: [{"names": [name], "type": "A", "port": int(port[1]), "refresh_interval": "15s"}]
        for name in workers()
    }


def alertmanagers() -> dict[str, Service]:
    return {name: service for name, service in services().items() if name.startswith("alertmanager")}


def test_panicstream_tells_every_alertmanager_that_is_there() -> None:
    channels = tomllib.loads(ROUTES.read_text())["channels"]
    assert channels["alertmanager"]["urls"] == [f"http://{name}:9093" for name in alertmanagers()]


def test_each_alertmanager_knows_the_others_and_has_a_disk_of_its_own() -> None:
    disks = {part for one in alertmanagers().values() for part in one["volumes"] if ":/alertmanager" in part}
    peers = {f"--cluster.peer={name}:9094" for name in alertmanagers()}
    missing = [name for name, one in alertmanagers().items() if peers - set(one["command"])]
    assert (len(disks), missing) == (len(alertmanagers()), [])


def test_what_alertmanager_tells_its_receivers_finds_the_channel_of_that_name() -> None:
    text = ALERTMANAGER.read_text()
    told = set(re.findall(r"http://track:8321/v1/alertmanager/(\w+)", text))
    assert told == tomllib.loads(ROUTES.read_text())["channels"].keys() - {"alertmanager"}


def test_its_routes_have_no_fault() -> None:
    assert panicstream("rules", "check", str(ROUTES)).code == 0


def test_the_token_is_made_where_workers_and_alertmanagers_look_for_it(tmp_path: Path) -> None:
    token = services()["token"]
    [script] = token["command"]
    script = script.replace("/run/secrets", str(tmp_path))
    runs = [run(["sh", "-c", script]).code for _ in range(2)]
    made = (tmp_path / "panicstream_token").read_text()
    named = services()["track"]["environment"]["PANICSTREAM_HTTP_TOKEN_FILE"]
    assert (runs, len(made) > 30, named) == ([0, 0], True, "/run/secrets/panicstream_token")
    assert named in ALERTMANAGER.read_text()


def test_kafka_is_the_one_that_the_tests_run() -> None:
    assert services()["kafka"]["image"] == f"apache/kafka:{version()}"
