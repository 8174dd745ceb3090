"""Why the operating system refused something, in both languages."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path

from lab.errors import InputError
from lab.text import Text, same, say

CHINESE: Mapping[int, str] = {
    errno.EPERM: "不允许的操作",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EINTR: "系统调用被中断",
    errno.EIO: "输入/输出错误",
    errno.EBADF: "文件描述符无效",
    errno.EAGAIN: "资源暂时不可用",
    errno.ENOMEM: "内存不足",
    errno.EACCES: "权限不够",
    errno.EBUSY: "设备或资源正忙",
    errno.EEXIST: "已经存在",
    errno.EXDEV: "不能跨文件系统链接",
    errno.ENODEV: "没有这个设备",
    errno.ENOTDIR: "不是文件夹",
    errno.EISDIR: "是文件夹",
    errno.EINVAL: "参数无效",
    errno.ENFILE: "系统中打开的文件过多",
    errno.EMFILE: "打开的文件过多",
    errno.ETXTBSY: "程序文件正在使用",
    errno.EFBIG: "文件过大",
    errno.ENOSPC: "磁盘空间不足",
    errno.ESPIPE: "无法在管道中定位",
    errno.EROFS: "文件系统是只读的",
    errno.EMLINK: "链接过多",
    errno.EPIPE: "管道已断开",
    errno.ENAMETOOLONG: "文件名过长",
    errno.ENOLCK: "没有可用的文件锁",
    errno.ENOTEMPTY: "文件夹不为空",
    errno.ELOOP: "符号链接层数过多",
    errno.EOVERFLOW: "数值过大",
    errno.EILSEQ: "文件名的编码无效",
    errno.EOPNOTSUPP: "不支持的操作",
    errno.EADDRINUSE: "地址已被占用",
    errno.EADDRNOTAVAIL: "无法使用该地址",
    errno.ENETUNREACH: "网络不可达",
    errno.ECONNABORTED: "连接已中止",
    errno.ECONNRESET: "连接被对方重置",
    errno.ETIMEDOUT: "连接超时",
    errno.ECONNREFUSED: "连接被拒绝",
    errno.EHOSTUNREACH: "主机不可达",
    errno.EDQUOT: "超出磁盘配额",
    errno.ESTALE: "文件句柄已失效",
}
"""The reasons by number; the English ones are the system's own (strerror(3))."""


def why(error: OSError) -> Text:
    """The reason of `error`, without the name of a file; the English one where no Chinese one is known."""
    en = error.strerror or str(error)
    return same(en) if error.errno is None or error.errno not in CHINESE else Text(en, CHINESE[error.errno])


def content_of(file: Path) -> bytes:
    """What `file` holds. Raises `InputError` where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            say("{file} cannot be read: {why}", "无法读取 {file}：{why}", file=file, why=why(error))
        ) from error
