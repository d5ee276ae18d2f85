"""What all tests need: Ctrl-C works in them and in the processes that they start, also where a shell runs them in the background
(it has them ignore interrupts then, and what is ignored is inherited); and a cache of documents that is nobody's own."""

import atexit
import os
import shutil
import signal
import tempfile

signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["SEEKGRAPH_CACHE"] = tempfile.mkdtemp(prefix="seekgraph-cache-")
atexit.register(shutil.rmtree, os.environ["SEEKGRAPH_CACHE"], ignore_errors=True)
