"""io_uring: system calls that no filter sees."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
IO_URING_SETUP = 425
parameters = ctypes.create_string_buffer(120)
descriptor = libc.syscall(IO_URING_SETUP, 8, parameters)
print("ESCAPED io_uring" if descriptor >= 0 else f"no io_uring: {ctypes.get_errno()}")
