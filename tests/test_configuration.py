"""Settings: from a file, over it the environment; all that is wrong is said at once, in plain words."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.configuration import Configuration, read
from pipeline.setting_rows import ROWS, Given
from pipeline.setting_sources import VARIABLES, from_toml
from pipeline.setting_values import settle
from pipeline.settings import Settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configured(toml: str = "", variables: Mapping[str, str] | None = None) -> Configuration:
    """Read `panicstream.toml` with this text, and these variables without `PANICSTREAM_`."""
    if toml:
        Path("panicstream.toml").write_text(toml)
    return read(None, {f"PANICSTREAM_{name}": value for name, value in (variables or {}).items()})


def test_without_file_and_variables_all_is_as_it_is_by_default() -> None:
    assert configured() == Configuration(Settings(), origins={}, faults=[])


def test_a_variable_counts_more_than_the_file_and_each_origin_is_known() -> None:
    toml = '[detect]\ntopics = ["app", "^logs"]\nbatch = 7\n\n[http]\nlisten = "0.0.0.0:80"\n'
    found = configured(toml, {"DETECT_BATCH": "9", "TOPICS_PREFIX": ""})
    assert (found.settings.detect.batch, found.settings.topics.prefix, found.settings.http.listen) == (
        9,
        "",
        "0.0.0.0:80",
    )
    assert found.origins == {
        "detect.topics": "panicstream.toml:2",
        "detect.batch": "PANICSTREAM_DETECT_BATCH",
        "http.listen": "panicstream.toml:6",
        "topics.prefix": "PANICSTREAM_TOPICS_PREFIX",
    }


def test_a_list_and_a_table_are_written_with_commas_in_the_environment() -> None:
    detect = configured(
        variables={"DETECT_TOPICS": "app, ^logs", "DETECT_ENVELOPES": "app=docker,web=cri"}
    ).settings.detect
    assert (detect.topics, detect.envelopes) == (["app", "^logs"], {"app": "docker", "web": "cri"})


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ('[detect]\nbatch = "x"', 'detect.batch = "x" (:2): a whole number above 0'),
        ("[detect]\nbatch = true", "detect.batch = true (:2): a whole number above 0"),
        (
            "[detect]\ncommit_interval = inf",
            "detect.commit_interval = Infinity (:2): a number above 0",
        ),
        (
            "[detect]\ndeadletter_ratio = 2",
            "detect.deadletter_ratio = 2 (:2): a number above 0 and not above 1",
        ),
        (
            "[supervisor]\nrestarts = -1",
            "supervisor.restarts = -1 (:2): a whole number not below 0",
        ),
        (
            '[detect]\nstart = "yesterday"',
            'detect.start = "yesterday" (:2): end or beginning, '
            "or a time with its zone, such as 2026-11-21T08:00:00Z",
        ),
        (
            "[detect]\nstart = 2026-11-21T08:00:00",
            'detect.start = "2026-11-21 08:00:00" (:2): end or beginning, '
            "or a time with its zone, such as 2026-11-21T08:00:00Z",
        ),
        (
            '[detect]\ntopics = ["^("]',
            'detect.topics = ["^("] (:2): ^( is no pattern: missing ), unterminated subpattern at position 1',
        ),
        ("[detect]\ntopics = []", "detect.topics = [] (:2): a list of texts of at least 1"),
        ("[detect]\ntopics = [5]", "detect.topics = [5] (:2): a list of texts of at least 1"),
        (
            "[detect.envelopes]\napp = 5",
            'detect.envelopes = {"app": 5} (:1): a table of texts',
        ),
        (
            '[http]\nlisten = "x"',
            'http.listen = "x" (:2): it is HOST:PORT, such as 127.0.0.1:8321',
        ),
        (
            'kafka.bootstrap_servers = ["kafka"]',
            'kafka.bootstrap_servers = ["kafka"] (:1): it is HOST:PORT, such as 127.0.0.1:8321',
        ),
        ('[log]\nlevel = "loud"', 'log.level = "loud" (:2): debug, info, warning or error'),
        (
            '[topics]\nprefix = "a b"',
            'topics.prefix = "a b" (:2): a text that fits ^[A-Za-z0-9._-]*$',
        ),
        ("[kafka]\npassword = 4711", "kafka.password (:2): a text"),
        (
            "[detect]\nbacth = 5",
            "detect.bacth (:2): no such setting; did you mean detect.batch?",
        ),
        (
            "[kafka]\nbatch = 5",
            "kafka.batch (:2): no such setting; did you mean detect.batch?",
        ),
        (
            '[kafka]\nzzz = "s3cret"',
            "kafka.zzz (:2): no such setting; `panicstream doctor` lists all",
        ),
        ("[detetc]\nbatch = 5", "detetc (:1): no such section; did you mean detect?"),
        ("batch = 5", "batch (:1): no such section; did you mean detect.batch?"),
        ("\ntrack = 5", "track (:2): a section, [track], with its settings below it"),
        ("[kafka]\n\nusername = \n", "panicstream.toml:3: no TOML: invalid value"),
        ('[kafka]\nusername = "', "panicstream.toml: no TOML: unterminated string"),
        (
            '[kafka]\nusername = "shipper"',
            "kafka.username (:2): not used by kafka.security_protocol = plaintext; "
            "sasl_ssl or sasl_plaintext log in",
        ),
        (
            '[kafka]\nsecurity_protocol = "ssl"\nca_file = "none.pem"',
            "kafka.ca_file (:3): none.pem: no such file or directory",
        ),
        (
            '[kafka]\nsecurity_protocol = "ssl"\nkey_file = "panicstream.toml"',
            "kafka.certificate_file (default): missing: kafka.key_file is set",
        ),
        (
            '[kafka]\npassword_file = "none"',
            'kafka.password_file = "none" (:2): no such file or directory',
        ),
        (
            '[kafka]\npassword = "s3cret"\npassword_file = "panicstream.toml"',
            'kafka.password_file = "panicstream.toml" (:3): '
            "kafka.password is set, too; leave one of them away",
        ),
        (
            '[detect.redaction]\norder = "("',
            'detect.redaction (:1): rule "order": regex parse error: ( ^ error: unclosed group',
        ),
    ],
)
def test_a_fault_in_the_file_is_one_plain_line(toml: str, expected: str) -> None:
    assert configured(toml).faults == [expected.replace("(:", "(panicstream.toml:")]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DETECT_BATCH", "", 'detect.batch = "" (PANICSTREAM_DETECT_BATCH): a whole number above 0'),
        (
            "DETECT_BACTH",
            "5",
            "PANICSTREAM_DETECT_BACTH: no such setting; did you mean PANICSTREAM_DETECT_BATCH?",
        ),
        ("ZZZ", "s3cret", "PANICSTREAM_ZZZ: no such setting; `panicstream doctor` lists all"),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(name: str, value: str, expected: str) -> None:
    assert configured(variables={name: value}).faults == [expected]


def test_all_faults_are_said_at_once_and_what_is_right_is_kept() -> None:
    found = configured(
        "[kafka]\nclient_id = 5\n[log]\nlevel = 5\nformat = 'json'\n[x]\n", {"HTTP_LISTEN": "x"}
    )
    assert [line.partition(" ")[0] for line in found.faults] == [
        "x",
        "kafka.client_id",
        "http.listen",
        "log.level",
    ]
    assert found.settings.log.format == "json"


def test_a_login_that_is_not_whole_says_what_is_missing() -> None:
    missing = "(default): missing: kafka.security_protocol = sasl_ssl logs in"
    assert configured(variables={"KAFKA_SECURITY_PROTOCOL": "sasl_ssl"}).faults == [
        f"kafka.username {missing}",
        f"kafka.password {missing}",
    ]


def test_an_envelope_that_the_core_does_not_know_is_a_fault() -> None:
    fault = configured('[detect.envelopes]\napp = "dokcer"').faults[0]
    assert fault.startswith(
        "detect.envelopes (panicstream.toml:1): dokcer of app is no envelope; there are otlp_json,"
    )


@pytest.mark.parametrize(
    "variable", ["TEST_KAFKA", "SERVICE_HOST", "PORT", "PORT_8321_TCP_ADDR", "DETECT_SERVICE_PORT_HTTP"]
)
def test_variables_of_tests_and_those_that_kubernetes_sets_are_passed_over(variable: str) -> None:
    assert configured(variables={variable: "tcp://10.0.0.1:8321"}).faults == []


def test_a_password_is_read_from_its_file() -> None:
    Path("password").write_text("s3cret\n")
    found = configured(variables={"KAFKA_PASSWORD_FILE": "password"})
    assert found.settings.kafka.password.get_secret_value() == "s3cret"
    assert found.origins["kafka.password"] == "password"


def test_a_password_in_the_environment_counts_more_than_a_file_that_the_toml_names() -> None:
    Path("password").write_text("from the file")
    found = configured('[kafka]\npassword_file = "password"', {"KAFKA_PASSWORD": "s3cret"})
    assert (found.settings.kafka.password.get_secret_value(), found.faults) == ("s3cret", [])


def test_an_empty_password_file_is_a_fault() -> None:
    Path("password").write_text("\n")
    assert configured(variables={"KAFKA_PASSWORD_FILE": "password"}).faults == [
        'kafka.password_file = "password" (PANICSTREAM_KAFKA_PASSWORD_FILE): the file is empty'
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("none.toml", "--config none.toml: no such file or directory"),
        (".", ".: is a directory"),
        ("binary", "binary: the file is no UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(path: str, expected: str) -> None:
    Path("binary").write_bytes(b"\xff\xfe")
    assert read(path, {}).faults == [expected]


def test_every_setting_has_its_variable() -> None:
    assert list(VARIABLES.values()) == list(ROWS)
    assert VARIABLES["PANICSTREAM_KAFKA_BOOTSTRAP_SERVERS"] == "kafka.bootstrap_servers"


@given(st.text())
def test_any_text_is_settings_or_a_line_for_each_fault(text: str) -> None:
    layer = from_toml(text, "x.toml")
    assert all("\n" not in line for line in layer.faults)


@given(st.sampled_from(sorted(ROWS)), st.text() | st.integers() | st.booleans() | st.lists(st.text()))
def test_any_value_is_taken_or_a_fault_that_names_its_setting(name: str, value: object) -> None:
    settled = settle([Given(name, value, "x.toml:1")])
    assert (list(settled.faults), list(settled.origins)) in [([name], []), ([], [name])]
