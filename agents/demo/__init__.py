"""`panicstream demo`: seven services that write logs and crash, and what panicstream makes of it."""
