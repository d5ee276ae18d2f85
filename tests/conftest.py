"""What all tests need: Ctrl-C works in them and in the processes that they start, also where a shell runs them in the background
(it has them ignore interrupts then, and what is ignored is inherited); and a cache of documents that is
nobody's own. No test fails because the machine is busy: examples of properties have no deadline, and what guards against hanging
(`amounts.PATIENCE`, pytest's timeout) leaves a busy machine its time."""

import atexit
import os
import shutil
import signal
import tempfile

from hypothesis import HealthCheck, settings

signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["SEEKGRAPH_CACHE"] = tempfile.mkdtemp(prefix="seekgraph-cache-")
atexit.register(shutil.rmtree, os.environ["SEEKGRAPH_CACHE"], ignore_errors=True)

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
