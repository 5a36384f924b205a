"""Rows of `peers-dev.jsonl` whose expectation is not ours, each with its reason; facts about their labels."""

# A group holds this many crashes where it is not one.
REPORTS = {"mx-two-goroutines": 2}

# Lines that are in a group only because the file has them: the program's own, in front or between reports.
PROGRAM_LINES = {
    "mx-cgo-abort": {"libshop: assertion failed: qty > 0"},
    "mx-set-crash-output": {"before"},
    "mx-race": {"2"},
}

# One crash with its copy swallowed is as right as two equal crashes.
DELIVERED_TWICE = {"mx-twice-delivered"}

EXPLAINED = {
    "casr-class-2": "an `Error: ` line of a playground and two lines of text: no head, no goroutine header",
    "cf-golang_new_crash_type_and_asan_abrt": "`unknown error:` is no head; nor does the peer find a state",
    "cf-golang_panic_runtime_error_slice_bounds_oor_with_log_header": "a log "
    "head and places without functions; the peer asks for a function of its tool's part of the text",
    "sentry-split-0": "an empty name cannot stand in a trace",
    "dd-reg-no-20": "no register line, but a goroutine header, which continues a trace",
    "dd-reg-no-21": "no register line, but the signal line of a crash",
    "dd-reg-no-22": "no register line, but a stack header, which continues a trace",
    "dd-reg-no-23": "no register line, but a function line, which continues a trace",
    "dd-reg-no-24": "no register line, but an elision mark, which continues a trace",
    "dd-reg-no-25": "a blank line, which may stand inside a trace",
}
