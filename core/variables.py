"""Channel variables that must survive the engine; the dialplan uses the same names.

Those with an inherited life are set by the dialplan with a double underscore.
"""

from __future__ import annotations

CALL = "THIRDRING_CALL"
HOTLINE = "THIRDRING_HOTLINE"
TRUNK = "THIRDRING_TRUNK"
STAGE = "THIRDRING_STAGE"
"""`menu`, `waiting`, `talking` or `fallback`; the dialplan's `after` branches on it."""
QUEUE = "THIRDRING_QUEUE"
SINCE = "THIRDRING_SINCE"
"""Boot-time clock, seconds, when the caller entered the queue."""
BOOT = "THIRDRING_BOOT"
"""The boot id that SINCE belongs to."""
PRIORITY = "THIRDRING_PRIORITY"
LANGUAGE = "THIRDRING_LANGUAGE"
DONE = "THIRDRING_DONE"
"""The sentinel: set to 1 as the engine's last word before it lets go of a line."""
