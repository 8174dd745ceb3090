"""Prints what it should send."""

print("TCP数据")
