"""Prints invalid UTF-8, NUL and surrogates, between what it should print; else it serves well."""

import os as system

JUNK = b"\xff\xfe\0\xc3\x28 \xed\xa0\x80\xed\xbf\xbf \xf4\x90\x80\x80 \xe4\xbd \0\n"
system.write(1, JUNK * 20 + b"\xe4\xbd")
system.write(1, b"\xa0 cut in two\n")
system.write(2, JUNK * 20)
