"""What happens to a shop: a seeded choice of mishaps, each of which passes."""

import time


class Mishaps:
    """Draws from a pack that has every mishap of every process and disk once, and is shuffled when it is empty."""

    def __init__(self, shop, rng, record, say):
        self._shop, self._rng, self._record, self._say = shop, rng, record, say
        self._pack = []

    def go_on_for(self, seconds):
        """Until the time is over; every mishap has passed then."""
        end = time.monotonic() + seconds
        time.sleep(1)
        while time.monotonic() < end:
            drawn = [self._draw()]
            if self._rng.random() < 0.5:
                # One mishap for each target at a time.
                other = self._draw()
                if other.target is not drawn[0].target:
                    drawn.append(other)
            self._let_happen(drawn)
            for replica in self._shop.replicas:
                if (code := replica.child.process.poll()) is not None:
                    self._record.fault(
                        f"{replica.name} has ended by itself with {code}, see {replica.name}.log"
                    )
                    replica.start_again()
            time.sleep(self._rng.uniform(0.1, 1))

    def _draw(self):
        if not self._pack:
            self._pack = self._shop.mishaps()
            self._rng.shuffle(self._pack)
        return self._pack.pop()

    def _let_happen(self, drawn):
        # Databases come back first: a service does not start without its own.
        drawn.sort(key=lambda mishap: mishap.order)
        for mishap in drawn:
            self._say(mishap.name)
            mishap.begin()
        time.sleep(self._rng.uniform(0.1, max(mishap.longest for mishap in drawn)))
        for mishap in drawn:
            mishap.end()


class Mishap:
    """How it begins and how it ends; `longest` in seconds in between."""

    def __init__(self, name, target, begin, end=lambda: None, longest=3.0, order=1):
        self.name, self.target, self.begin, self.end = name, target, begin, end
        self.longest, self.order = longest, order
