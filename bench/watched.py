"""Run a command and write what it took: `python watched.py RESULT.json COMMAND…`.

A process of its own and a small one: the peak of a child's memory is never told as less than that of the process which
started it. Standard library only, so that it stays small.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path


def main() -> None:
    target, command = sys.argv[1], sys.argv[2:]
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status = os.waitpid(child, 0)
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = {
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_bytes": used.ru_maxrss * 1024,
        "status": os.waitstatus_to_exitcode(status),
    }
    Path(target).write_text(json.dumps(result))


main()
