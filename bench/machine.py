"""The machine that figures are measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe_machine() -> str:
    """Return processor, cores, memory, system, Python, and how busy the machine is."""
    processor = _find_line(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()
    memory = _find_line(Path("/proc/meminfo"), "MemTotal")
    size = f"{int(memory.split()[0]) / 1e6:.0f} GB" if memory else "unknown memory"
    cores = len(os.sched_getaffinity(0))
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    load = os.getloadavg()[0]
    return (
        f"{processor}, {cores} cores, {size}; {system}, Linux {platform.release().split('-')[0]}; "
        f"Python {platform.python_version()}; load before the start {load:.1f}"
    )


def _find_line(path: Path, name: str) -> str | None:
    if not path.exists():
        return None
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return None
