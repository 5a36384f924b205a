"""Workers and brokers are killed and suspended under load: nothing is lost, nothing is told twice."""
