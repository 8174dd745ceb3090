"""Says that all is well, and goes."""

import sys

sys.exit(0)
