"""Tests by module; accuracy, bench and golden are programs (`python -m tests.accuracy`)."""
