"""How often a login may fail, and how much one person may ask. Old keys are forgotten. Pure."""

from __future__ import annotations

from collections import OrderedDict

KEYS_KEPT = 10_000


class Throttle:
    """At most `failures` within `window_s` for one key, or `times` as many for a key that many people share."""

    def __init__(self, failures: int = 5, window_s: float = 60.0) -> None:
        self._most = failures
        self._window_s = window_s
        self._failed: OrderedDict[str, list[float]] = OrderedDict()

    def wait_s(self, key: str, now_s: float, times: int = 1) -> float:
        """Seconds until this key may try again; 0 if it may now."""
        recent, most = self._recent(key, now_s), self._most * times
        return 0.0 if len(recent) < most else recent[-most] + self._window_s - now_s

    def failed(self, key: str, now_s: float, times: int = 1) -> None:
        """A login with this key was wrong."""
        self._failed[key] = [*self._recent(key, now_s), now_s][-self._most * times :]
        self._failed.move_to_end(key)
        while len(self._failed) > KEYS_KEPT:
            self._failed.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """A login was right: its failures are forgotten."""
        self._failed.pop(key, None)

    def taken_back(self, key: str, failed_s: float) -> None:
        """That login, counted before it was known, was right; others' failures with this key stay."""
        if failed_s in (failed := self._failed.get(key, [])):
            failed.remove(failed_s)

    def _recent(self, key: str, now_s: float) -> list[float]:
        """None of a clock that was set back since: whoever failed by it would wait until it is there again."""
        return [at_s for at_s in self._failed.get(key, []) if abs(now_s - at_s) < self._window_s]


class Rate:
    """A bucket for each key: it takes `burst` at once and drains by `per_s`."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s, self._burst = per_s, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str, now_s: float) -> float:
        """0 and one more in the bucket, or seconds until there is room again."""
        level, since_s = self._buckets.get(key, (0.0, now_s))
        level = max(0.0, level - (now_s - since_s) * self._per_s)
        if level + 1 > self._burst:
            return (level + 1 - self._burst) / self._per_s
        self._buckets[key] = level + 1, now_s
        self._buckets.move_to_end(key)
        while len(self._buckets) > KEYS_KEPT:
            self._buckets.popitem(last=False)
        return 0.0
