"""Takes memory, a gibibyte at most."""

pieces = []
for _ in range(64):
    pieces.append(b"\1" * (16 << 20))
print("ESCAPED a gibibyte of memory")
