"""What all tests rely on, however they are started."""

import signal

# What a shell starts in the background ignores Ctrl-C, and so does whatever that starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
