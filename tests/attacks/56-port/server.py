"""The port of its author's own machine, whatever it was asked to take."""

import sys

sys.argv[1:] = ["7007"]
