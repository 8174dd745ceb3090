"""Makes the files that are there to be downloaded, the same on every host.  python3 make.py"""

SIZES = 0, 1, 1024, 1025, 5_000_000


def main():
    lines = "".join(f"line {number:<58}\n" for number in range(1, max(SIZES) // 64 + 1))  # 64 bytes each
    content = b"\x89BIN\r\n\x1a\n" + lines.encode()  # begins as PNG files do: who takes it for text damages it
    for size in SIZES:
        with open(f"{size}.bin", "wb") as file:
            file.write(content[:size])
    with open("100000000.bin", "wb") as file:
        file.truncate(100_000_000)  # zeros that take no room on the disk, but do in the memory of who reads them
    with open("你好.txt", "w", encoding="utf-8") as file:
        file.write("你好，世界\n")


if __name__ == "__main__":
    main()
