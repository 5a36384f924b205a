"""Where the tests take their Kafka from, and what they say where they cannot."""

import pytest

from tests.kafka.way import Found, Way, WithDocker, WithJava, choose

ALTERNATIVES = "(or start a docker engine, or set PANICSTREAM_TEST_KAFKA=HOST:PORT to one that runs)"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Found(java=17, maven=True), WithJava()),
        (Found(java=21, maven=True, docker=True), WithJava()),
        (Found(java=17, jars=True), WithJava()),
        (Found(java=17, docker=True), WithDocker()),
        (Found(java=11, maven=True, docker=True), WithDocker()),
        (Found(docker=True), WithDocker()),
    ],
)
def test_java_comes_before_docker(found: Found, expected: Way) -> None:
    assert choose(found) == expected


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (Found(), "Java 17 or later and Maven are missing"),
        (Found(java=11, maven=True), "Java 17 or later is missing"),
        (Found(java=17), "Maven is missing"),
    ],
)
def test_what_is_missing_is_said_in_one_line(found: Found, missing: str) -> None:
    assert choose(found) == (
        f"no Kafka for the tests: {missing}: apt install maven default-jdk-headless {ALTERNATIVES}"
    )
