"""What keeps the tests from a Kafka."""


class NoKafkaError(Exception):
    """No Kafka can be had; the text says why, and what to do."""
