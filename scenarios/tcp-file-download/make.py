"""Makes the files that are there to be downloaded.  python3 make.py FIRST-BYTE WORD WHO NAME-OF-1024

The same arguments make the same files, on every host.
"""

import sys

SIZES = 0, 1, 1024, 1025, 5_000_000


def main():
    first, word, who, name = sys.argv[1:]
    width = 62 - len(word)
    lines = "".join(f"{word} {number:<{width}}\n" for number in range(1, max(SIZES) // 64 + 1))  # 64 bytes each
    content = bytes.fromhex(first) + b"BIN\r\n\x1a\n" + lines.encode()  # as PNG files begin: text mode damages it
    for size in SIZES:
        with open(f"{name if size == 1024 else size}.bin", "wb") as file:
            file.write(content[:size])
    with open("100000000.bin", "wb") as file:
        file.truncate(100_000_000)  # zeros that take no room on the disk, but do in the memory of who reads them
    with open("你好.txt", "w", encoding="utf-8") as file:
        file.write(f"你好，{who}\n")


if __name__ == "__main__":
    main()
