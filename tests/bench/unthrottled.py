"""The ``drift`` command without its throttle, to see what the rest of it can do."""

import sys

from drift.__main__ import main
from drift.gateway import throttle

throttle.RATE = 1e9  # a default of options that are imported later

if __name__ == "__main__":
    sys.exit(main())
