"""What all tests need: Ctrl-C works in them and in the processes that they start, also where a shell runs them in the background
(it has them ignore interrupts then, and what is ignored is inherited)."""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
