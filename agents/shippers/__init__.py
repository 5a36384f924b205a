"""What log shippers write to Kafka: a line of a container in, a record out; a function each."""
