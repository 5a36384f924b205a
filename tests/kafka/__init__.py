"""A real Kafka for the tests: where it comes from, how its brokers run and die, and the tests on it."""
