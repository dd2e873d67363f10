"""A limit on the CPU of a process, as a container's: the kernel's control groups, either version."""

import os
from pathlib import Path

from processes import Missing

VERSION_1 = Path("/sys/fs/cgroup/cpu")
VERSION_2 = Path("/sys/fs/cgroup")
# Kubernetes' and Docker's default.
PERIOD_US = 100_000


class CpuLimit:
    """A control group with a share of a core."""

    def __init__(self, name, cores):
        quota = str(int(cores * PERIOD_US))
        first = (VERSION_1 / "cpu.cfs_quota_us").exists()
        parent = VERSION_1 if first else VERSION_2
        self._group = parent / f"bookstore-replicas-{os.getpid()}-{name}"
        try:
            if first:
                self._group.mkdir()
                (self._group / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (self._group / "cpu.cfs_quota_us").write_text(quota)
            else:
                (parent / "cgroup.subtree_control").write_text("+cpu")
                self._group.mkdir()
                (self._group / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        except OSError as error:
            self.remove()
            raise Missing(f"--cpus needs a control group for CPU, which root may make: {error}") from None

    def add(self, pid):
        """From now on the process shares the limit."""
        (self._group / "cgroup.procs").write_text(str(pid))

    def remove(self):
        """The group has to be empty."""
        if self._group.is_dir():
            self._group.rmdir()
