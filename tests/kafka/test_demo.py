"""`panicstream demo` on a real Kafka."""

from confluent_kafka.admin import AdminClient

from tests.command import panicstream


def leftovers(kafka: str) -> list[str]:
    admin = AdminClient({"bootstrap.servers": kafka})
    groups = admin.list_consumer_groups().result().valid or []
    names = [*admin.list_topics().topics, *(group.group_id for group in groups)]
    return [name for name in names if name.startswith("panicstream-demo-")]


def test_all_that_is_planted_is_found_and_the_topics_are_taken_away(kafka: str) -> None:
    answer = panicstream("demo", "--seconds", "5", "--bootstrap", kafka)
    assert (answer.code, answer.errors) == (0, [])
    assert "crashes planted" in answer.output
    assert leftovers(kafka) == []
