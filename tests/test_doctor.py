"""What `panicstream doctor` shows where no Kafka is, and where the settings are faulty."""

import os
import re
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.command import PATIENCE_S, PROGRAM, Answer
from tests.kafka.cluster import free_ports
from tests.test_worker import hosted, line_of

NOBODY = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "HTTP_LISTEN": "127.0.0.1:0"}


def doctor(*options: str, folder: Path, settings: Mapping[str, str]) -> Answer:
    """Run the command in a folder with these settings as variables."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("PANICSTREAM_")}
    environment = known | {f"PANICSTREAM_{name}": value for name, value in settings.items()}
    done = subprocess.run(  # noqa: S603  # our own words
        [PROGRAM, "doctor", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Answer(done.returncode, done.stdout.decode(), done.stderr.decode().splitlines())


def checks(folder: Path, settings: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """Return the exit code, and what the checks found: with its remedy where it is wrong."""
    code, output, errors = doctor("--json", folder=folder, settings=settings)
    assert errors == []
    return code, {
        row["check"]: f"{row['found']}; {row['remedy']}" if row["remedy"] else f"ok: {row['found']}"
        for row in orjson.loads(output)["checks"]
    }


def test_each_setting_is_shown_with_its_value_and_origin(tmp_path: Path) -> None:
    (tmp_path / "panicstream.toml").write_text("[detect]\nbatch = 7\n")
    output = doctor(folder=tmp_path, settings=NOBODY).output
    shown = {words[0]: words[1:] for line in output.splitlines() if (words := re.split(r"  +", line))}
    assert shown["detect.batch"] == ["7", "panicstream.toml:2"]
    assert shown["http.listen"] == ["127.0.0.1:0", "PANICSTREAM_HTTP_LISTEN"]
    assert shown["track.store"] == ["memory://", "default"]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_secret_is_set_or_not_and_never_shown(options: tuple[str, ...], tmp_path: Path) -> None:
    login = {"KAFKA_SECURITY_PROTOCOL": "sasl_plaintext", "KAFKA_USERNAME": "shipper"}
    settings = NOBODY | login | {"KAFKA_PASSWORD": "s3cret"}
    output = doctor(*options, folder=tmp_path, settings=settings).output
    is_set = re.search(r'kafka.password\W+("value":")?set\b', output)
    assert ("s3cret" in output, bool(is_set)) == (False, True)


def test_brokers_that_are_not_there_are_one_failed_check_and_1(tmp_path: Path) -> None:
    code, found = checks(tmp_path, NOBODY)
    assert code == 1
    assert list(found) == ["settings", "libraries", "port 127.0.0.1:0", "routes", "broker 127.0.0.1:1"]
    assert "Connection refused; check kafka.bootstrap_servers" in found["broker 127.0.0.1:1"]
    assert [line for line in found.values() if not line.startswith("ok: ")] == [found["broker 127.0.0.1:1"]]


def test_faulty_settings_are_told_all_at_once_beside_the_other_checks_and_2(tmp_path: Path) -> None:
    settings = NOBODY | {"DETECT_BATCH": "x", "LOG_LEVEL": "loud"}
    code, output, _ = doctor("--json", folder=tmp_path, settings=settings)
    rows: list[dict[str, Any]] = orjson.loads(output)["checks"]
    assert (code, [row["found"] for row in rows if row["check"] == "settings"]) == (
        2,
        [
            'detect.batch = "x" (PANICSTREAM_DETECT_BATCH): a whole number above 0',
            'log.level = "loud" (PANICSTREAM_LOG_LEVEL): debug, info, warning or error',
        ],
    )
    assert rows[-1]["check"] == "broker 127.0.0.1:1"


def test_files_of_rules_and_routes_are_looked_at_with_their_secrets(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text('[GoPanicRateHigh]\nfire = "> 9/min"\n')
    hook = '[channels.{}]\ntype = "webhook"\nurl_file = "{}"\n'
    (tmp_path / "url").write_text("https://example.com/s3cret\n")
    (tmp_path / "routes.toml").write_text(
        hook.format("default", tmp_path / "url") + hook.format("other", "/nowhere")
    )
    code, found = checks(
        tmp_path, NOBODY | {"WATCH_RULES": "rules.toml", "NOTIFY_ROUTES": str(tmp_path / "routes.toml")}
    )
    assert (code, found["rules rules.toml"], found["channel default"]) == (1, "ok: 17 rules", "ok: webhook")
    assert found["routes"].startswith("ok: ")
    assert "/nowhere, which holds url, cannot be read: No such file" in found["channel other"]
    assert "s3cret" not in str(found)


def test_faults_of_routes_are_failed_checks(tmp_path: Path) -> None:
    (tmp_path / "routes.toml").write_text("[route]\nreceiver = 'chat'\n")
    code, found = checks(tmp_path, NOBODY | {"NOTIFY_ROUTES": "routes.toml"})
    assert (code, found["routes"].startswith("routes.toml:2: route: receiver: no such field")) == (1, True)


def test_a_port_that_another_program_has_is_a_failed_check(tmp_path: Path) -> None:

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        _, found = checks(tmp_path, NOBODY | {"HTTP_LISTEN": f"127.0.0.1:{port}"})
    assert f"port {port} is taken; stop what listens there" in found[f"port 127.0.0.1:{port}"]


def test_a_port_that_a_worker_has_is_fine(tmp_path: Path) -> None:
    listen = f"127.0.0.1:{free_ports(1)[0]}"
    with hosted("calm,calm", "--no-supervise", HTTP_LISTEN=listen) as worker:
        line_of(worker, "listening")
        _, found = checks(tmp_path, NOBODY | {"HTTP_LISTEN": listen})
    assert found[f"port {listen}"] == "ok: a worker listens here already"


def test_a_reader_that_leaves_ends_it_quietly(tmp_path: Path) -> None:
    words = ["bash", "-c", f"set -o pipefail; {PROGRAM} doctor | true"]
    settings = {f"PANICSTREAM_{name}": value for name, value in NOBODY.items()}
    done = subprocess.run(  # noqa: S603  # our own words
        words, cwd=tmp_path, env=os.environ | settings, capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
