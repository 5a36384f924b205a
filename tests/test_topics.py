"""What every topic must be, and what is said of one that is not."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import Settings
from pipeline.topics import Found, Misfit, changes, misfits, to_make, wanted

SCHEMAS = Path(__file__).parents[1] / "schemas"
TABLE = tomllib.loads((SCHEMAS / "topics.toml").read_text())
SETTINGS = Settings.model_validate({"topics": {"prefix": "p.", "partitions": 6}})
TOPICS = {topic.row: topic for topic in wanted(TABLE, SETTINGS)}
BROKERS = "--bootstrap-server 127.0.0.1:9092"

EXACT = [
    *("sightings", "vitals", "checkpoints", "clusters", "commands", "notifications", "deploys"),
    *("fingerprints-changelog", "watched-changelog", "told-changelog"),
]


def as_wanted() -> dict[str, Found]:
    return {topic.name: Found(topic.partitions, 1, topic.config) for topic in TOPICS.values()}


def wrong(row: str = "", settings: Settings = SETTINGS, **changed: Any) -> list[Misfit]:
    """Say what does not fit where all topics are as they must be, but for one."""
    found = as_wanted()
    if row:
        name = TOPICS[row].name
        found[name] = replace(found[name], **changed)
    return misfits(wanted(TABLE, settings), found, settings)


def config(row: str, **changed: str) -> dict[str, Any]:
    return {
        "config": {**TOPICS[row].config, **{name.replace("_", "."): value for name, value in changed.items()}}
    }


def test_every_row_has_the_same_fields() -> None:
    fields = {
        *("name", "meaning", "access", "key", "partitions", "config", "producer", "consumer", "schema"),
    }
    assert {row: set(told) for row, told in TABLE.items()} == dict.fromkeys(TABLE, fields)


def test_every_schema_is_that_of_a_topic() -> None:
    named = {told["schema"] for told in TABLE.values()} - {""}
    assert named == {file.name for file in SCHEMAS.glob("*.json")}


def test_every_topic_is_public_or_internal() -> None:
    assert {told["access"] for told in TABLE.values()} == {"public", "internal"}


def test_topics_are_called_by_the_prefix_and_those_of_faust_by_its_id() -> None:
    assert [topic.name for topic in TOPICS.values()] == [
        "p.panics",
        "p.sightings",
        "p.vitals",
        "p.deadletters",
        "p.checkpoints",
        "p.clusters",
        "p.commands",
        "p.alerts",
        "p.alert-events",
        "p.notifications",
        "p.deliveries",
        "p.actions",
        "p.action-results",
        "p.reports",
        "p.deploys",
        "p.track-fingerprints-changelog",
        "p.track-watched-changelog",
        "p.track-told-changelog",
        "p.track-__assignor-__leader",
    ]


def test_rows_and_what_they_are_made_from_have_equal_numbers_of_partitions() -> None:
    exact = {row: topic.partitions for row, topic in TOPICS.items() if topic.is_exact}
    assert exact == dict.fromkeys(EXACT, 6)


def test_topics_as_they_must_be_fit() -> None:
    assert wrong() == []


def test_a_topic_may_keep_more_and_longer() -> None:
    larger = config("panics", retention_ms="-1", max_message_bytes="99999999")
    assert wrong("panics", **larger) == []


def test_any_number_of_partitions_fits_a_topic_that_nobody_reads_by_partition() -> None:
    assert (wrong("panics", partitions=1), wrong("deadletters", partitions=99)) == ([], [])


@pytest.mark.parametrize("row", EXACT)
@pytest.mark.parametrize("partitions", [1, 7])
def test_another_number_of_partitions_is_fatal_where_rows_would_move(row: str, partitions: int) -> None:
    (misfit,) = wrong(row, partitions=partitions)
    assert (misfit.topic, misfit.is_fatal, misfit.change) == (TOPICS[row].name, True, {})
    assert f"topics.partitions is {SETTINGS.topics.partitions}" in misfit.what


def test_where_all_agree_on_another_number_the_setting_is_what_is_wrong() -> None:
    settings = Settings.model_validate({"topics": {"prefix": "p.", "partitions": 8}})
    assert {misfit.remedy.partition(",")[0] for misfit in wrong(settings=settings)} == {
        "set topics.partitions = 6"
    }


def test_a_missing_topic_is_fatal() -> None:
    found = as_wanted()
    del found["p.vitals"]
    assert misfits(list(TOPICS.values()), found, SETTINGS) == [
        Misfit("p.vitals", "it is missing", "`panicstream topics apply`", is_fatal=True, change={})
    ]


def test_a_topic_that_compacts_away_what_it_must_keep_is_fatal_and_not_ours_to_change() -> None:
    (misfit,) = wrong("panics", **config("panics", cleanup_policy="compact"))
    assert misfit == Misfit(
        "p.panics",
        "cleanup.policy is compact, must be delete",
        f"`kafka-configs.sh {BROKERS} --alter --topic p.panics --add-config cleanup.policy=delete`",
        is_fatal=True,
        change={},
    )


def test_a_table_that_forgets_is_fatal_and_can_be_mended() -> None:
    (misfit,) = wrong("checkpoints", **config("checkpoints", cleanup_policy="delete"))
    assert (misfit.is_fatal, misfit.change) == (True, {"cleanup.policy": "compact"})


def test_two_cleanup_policies_are_compared_in_any_order() -> None:
    topic = replace(TOPICS["panics"], config={"cleanup.policy": "compact,delete"})
    found = {topic.name: Found(6, 1, {"cleanup.policy": "delete,compact"})}
    assert misfits([topic], found, SETTINGS) == []


@pytest.mark.parametrize(
    ("row", "name", "found", "what"),
    [
        ("vitals", "retention_ms", "1000", "retention.ms is 1000, must be 604800000 or more"),
        ("panics", "max_message_bytes", "1", "max.message.bytes is 1, must be 4194304 or more"),
        (
            "checkpoints",
            "segment_bytes",
            "1073741824",
            "segment.bytes is 1073741824, must be 67108864 or less",
        ),
    ],
)
def test_what_is_kept_too_short_or_too_small_can_be_borne(row: str, name: str, found: str, what: str) -> None:
    (misfit,) = wrong(row, **config(row, **{name: found}))
    assert (misfit.what, misfit.is_fatal, list(misfit.change)) == (what, False, [name.replace("_", ".")])


def test_what_differs_is_mended_by_our_command_or_kafkas() -> None:
    (misfit,) = wrong("vitals", **config("vitals", retention_ms="1000"))
    assert misfit.remedy == (
        "`panicstream topics apply --update` or "
        f"`kafka-configs.sh {BROKERS} --alter --topic p.vitals --add-config retention.ms=604800000`"
    )


def test_kafkas_commands_are_told_to_log_in() -> None:
    settings = SETTINGS.model_copy(
        update={"kafka": SETTINGS.kafka.model_copy(update={"security_protocol": "ssl"})}
    )
    (misfit,) = wrong("vitals", settings, **config("vitals", retention_ms="1"))
    assert f"{BROKERS} --command-config FILE --alter" in misfit.remedy


def test_another_replication_factor_is_told_only_where_one_is_set() -> None:
    topics = {"prefix": "p.", "partitions": 6, "replication_factor": 3}
    settings = Settings.model_validate({"topics": topics})
    told = wrong(settings=settings)
    assert (wrong(), {misfit.what for misfit in told}, any(misfit.is_fatal for misfit in told)) == (
        [],
        {"its replication factor is 1, topics.replication_factor is 3"},
        False,
    )


def test_where_the_brokers_tell_no_configuration_only_partitions_are_compared() -> None:
    assert wrong("panics", config={}) == []


def test_a_configuration_that_we_may_not_see_is_told() -> None:
    (misfit,) = wrong("panics", config={}, untold="not authorized")
    assert (misfit.what, misfit.is_fatal) == ("its configuration is not known: not authorized", False)


def test_a_topic_that_only_some_brokers_know_is_waited_for() -> None:
    (misfit,) = wrong("panics", config={}, is_spreading=True)
    assert (misfit.what, misfit.is_fatal, misfit.can_be_applied) == (
        "not every broker knows it yet",
        False,
        True,
    )


def test_what_can_be_mended_is_gathered_by_topic() -> None:
    told = wrong("panics", **config("panics", retention_ms="1", max_message_bytes="1"))
    assert changes(told) == {"p.panics": {"retention.ms": "2592000000", "max.message.bytes": "4194304"}}


def test_a_table_is_not_made_beside_one_with_another_number_of_partitions() -> None:
    found = {"p.sightings": Found(12, 1, {})}
    made = [topic.row for topic in to_make(list(TOPICS.values()), found)]
    others = ["alerts", "alert-events", "deliveries", "actions", "action-results", "reports", "leader"]
    assert made == ["panics", "deadletters", *others]
