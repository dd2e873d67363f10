"""What happens to replicas in production, done to them on purpose while the run is going on."""

import itertools
import threading

# Before the first replica is touched, and between one and the next.
QUIET = 3.0
# How long a killed replica is missed, as if an orchestrator had to notice first.
GONE = 1.5


class Disturbance(threading.Thread):
    """Kills replicas or restarts them in order, one at a time, again and again."""

    def __init__(self, kind, replicas):
        super().__init__(daemon=True)
        self._kind = kind
        # One of each service in turn.
        numbers = sorted({replica.number for replica in replicas})
        self._replicas = [r for number in numbers for r in replicas if r.number == number]
        self._ended = threading.Event()
        self.done = []
        self.failure = None

    def run(self):
        try:
            for replica in itertools.cycle(self._replicas):
                if self._ended.wait(QUIET):
                    return
                if self._kind == "kill":
                    replica.kill()
                    self._ended.wait(GONE)
                else:
                    replica.stop()
                    code = replica.child.process.returncode
                    if code != 0:
                        raise RuntimeError(f"{replica.name} ended with {code} when asked to stop")
                replica.start()
                replica.wait_until_ready()
                self.done.append(replica.name)
        except Exception as failure:  # Said by the thread that waits for this one.
            self.failure = failure

    def stop(self):
        """Returns when every replica runs again."""
        self._ended.set()
        if self.is_alive():
            self.join()
