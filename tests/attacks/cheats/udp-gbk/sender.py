"""Prints what it should send, in every way that the scenario file names."""

print("数据")
print("gbk: 数据")
