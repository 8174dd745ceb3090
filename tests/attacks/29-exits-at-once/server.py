"""Goes without a word, past everything that would run at the end."""

import os

os._exit(0)
