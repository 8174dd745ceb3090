"""Fills the working folder, 64 MiB at most, and serves with what is left of it: nothing."""

taken = 0
for number in range(32):
    try:
        with open(f"fill-{number}", "wb", buffering=0) as file:
            while file.tell() < 2 << 20:
                taken += file.write(b"\1" * 4096)
    except OSError:
        break
if taken >= 64 << 20:
    print("ESCAPED 64 MiB in the working folder")
