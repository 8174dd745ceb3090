"""The rows of the table: what each submission tries, and what it must get."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.attacks import building
from tests.attacks.building import HERE, LINK, SERVER, SOLUTION, Make, file, link, member, text, zipped

FULL = 10
CHECKS = ("connected", "echoed", "asked-first", "answered", "closed", "kept", "printed", "quiet", "runs-on")


@dataclass(frozen=True)
class Attack:
    """A submission of a row: what it tries, and what it must get.

    Its program is the folder `NN-name`, followed by the solution if it `serves` too; or else what `makes` makes.
    `failed` are the checks that it must fail, no other; None where nothing was run. `limits` are those that it must
    hit, no other. `says` is what its student must be told. `dark` are texts that may appear nowhere; `student` the name
    that it is handed in under.
    """

    number: int
    name: str
    tries: tuple[str, str]
    score: float = 0
    failed: frozenset[str] | None = frozenset({"connected"})
    limits: frozenset[str] = frozenset()
    says: tuple[str, ...] = ()
    makes: Make | None = None
    serves: bool = False
    student: str | None = None
    dark: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Its name in the table, and the name of its student unless `student` gives another."""
        return f"{self.number:02}-{self.name}"

    @property
    def handed_in_by(self) -> str:
        return self.student or self.key

    @property
    def verdict(self) -> str:
        return "passed" if self.score == FULL else "failed"

    def make(self, there: Path) -> Path:
        """Put it into the folder of a class."""
        if self.makes is not None:
            return self.makes(there, self.handed_in_by)
        folder = there / self.handed_in_by
        folder.mkdir()
        for source in sorted((HERE / self.key).iterdir()):
            program = source.read_text(encoding="utf-8")
            if source.name == "server.py" and self.serves:
                program += "\n\n" + SOLUTION
            (folder / source.name).write_bytes(text(self.handed_in_by, program))
        return folder


@dataclass(frozen=True)
class _Row:
    """The texts of a row, and the submissions that it becomes."""

    number: int

    def __call__(self, name: str, en: str, zh: str, **facts: object) -> Attack:
        for key in ("failed", "limits"):
            if isinstance(given := facts.get(key), str):
                facts[key] = frozenset(given.split())
        return Attack(self.number, name, (en, zh), **facts)  # type: ignore[arg-type]


NONE = frozenset[str]()
SERVES = {"serves": True, "score": FULL, "failed": NONE}
UNKEPT = {"serves": True, "score": FULL - 1, "failed": "kept"}
RIGHT = {"score": FULL, "failed": NONE}
NOT_RUN = {"failed": None}
STALLED = ("stalled at step 1, server started and listening",)
r = [_Row(number) for number in range(61)]

# fmt: off
ATTACKS = (
    r[1]("fork-bomb", "forks without end", "无限 fork", limits="processes", says=("process",)),
    r[1]("thread-bomb", "a thread for everything", "无限创建线程", limits="processes", says=("process",)),
    r[2]("survivors", "daemons outlive it", "留下守护进程", says=("ended",)),
    r[3]("parent-exits", "the parent exits, the child serves", "父进程退出，子进程继续", score=9, failed="runs-on"),
    r[4]("memory-bomb", "takes a gibibyte", "占用 1 GiB 内存", limits="memory", says=("memory",)),
    r[4]("memory-in-sockets", "fills pipes and sockets", "用管道和套接字占用内存"),
    r[5]("shm-fill", "fills /dev/shm and /tmp", "写满 /dev/shm 与 /tmp", limits="disk", says=("MiB",), **SERVES),
    r[6]("disk-fill", "fills its working folder", "写满工作目录", limits="disk", says=("MiB",), serves=True, failed="echoed"),
    r[7]("huge-file", "one huge file", "写一个巨大的文件", limits="file_size", says=("MiB",), **SERVES),
    r[7]("sparse-file", "a sparse file of a tebibyte", "1 TiB 的稀疏文件", **SERVES),
    r[8]("inodes", "20000 empty files", "两万个空文件", limits="files", says=("files",), serves=True, failed="echoed"),
    r[9]("flood", "28 MB of output while it serves", "边服务边输出 28 MB", limits="output", says=("MiB",), serves=True, score=9, failed="printed"),
    r[10]("answer-then-flood", "right, then 16 MB of output", "先答对，再输出 16 MB", limits="output", says=("MiB",), **SERVES),
    r[11]("slow-drip", "a character every 20 ms", "每 20 毫秒输出一个字符", says=STALLED),
    r[12]("spin", "spins without end", "无休止地空转", limits="cpu", says=("processor",)),
    r[12]("spin-in-accept", "accept() in a busy loop", "忙等 accept()", failed="echoed"),
    r[13]("sleep", "sleeps for ever", "永远睡眠", says=STALLED),
    r[13]("blocked-accept", "waits at another port", "在另一端口上等待", failed="echoed"),
    r[14]("stops-itself", "stops itself (SIGSTOP)", "用 SIGSTOP 停住自己", failed="echoed"),
    r[15]("kills", "signals every process", "向所有进程发信号"),
    r[16]("says-passed", "prints PASSED and “timed out”", "打印 PASSED 与 “timed out”"),
    r[17]("fake-result", "prints a result document", "打印伪造的结果文档"),
    r[18]("writes-results", "writes results.json, junit.xml", "写 results.json、junit.xml"),
    r[19]("race", "swaps said.txt while it is read", "读取时调换 said.txt", dark=("root:*:", "root:!:"), **UNKEPT),
    r[20]("pickle", "a pickle that runs a command", "会执行命令的 pickle", failed="echoed"),
    r[21]("reads-solution", "looks for solution and tests", "寻找参考答案与测试"),
    r[22]("proc", "secrets of the first process", "读取 1 号进程的秘密"),
    r[23]("link", "said.txt links to /etc/shadow", "said.txt 链接到 /etc/shadow", dark=("root:*:", "root:!:"), **UNKEPT),
    r[23]("link-to-host", "said.txt links out of its root", "said.txt 链接到根目录之外", dark=(building.HOST_SECRET[1],), **UNKEPT),
    r[23]("handed-link", "server.py links to the solution", "server.py 链接到参考答案", makes=link(str(HERE / "exercise/solution/server.py")), says=("link",), **NOT_RUN),
    r[23]("handed-link-to-secret", "server.py links to /etc/shadow", "server.py 链接到 /etc/shadow", makes=link("/etc/shadow"), says=("link",), dark=("root:*:", "root:!:"), **NOT_RUN),
    r[23]("handed-link-to-other", "server.py links to another's", "server.py 链接到他人的提交", makes=link("../00-honest/server.py"), says=("link",), **NOT_RUN),
    r[24]("fifo", "said.txt is a FIFO", "said.txt 是 FIFO", **UNKEPT),
    r[24]("socket", "said.txt is a socket", "said.txt 是套接字", **UNKEPT),
    r[24]("device", "said.txt is /dev/zero", "said.txt 是 /dev/zero", **UNKEPT),
    r[24]("folder", "said.txt is a folder", "said.txt 是目录", **UNKEPT),
    r[24]("handed-fifo", "server.py is a FIFO", "server.py 是 FIFO", makes=building.fifo, says=("regular",), **NOT_RUN),
    r[24]("handed-socket", "server.py is a socket", "server.py 是套接字", makes=building.unix_socket, says=("regular",), **NOT_RUN),
    r[24]("handed-device", "server.py is /dev/zero", "server.py 是 /dev/zero", makes=building.device, **NOT_RUN),
    r[25]("zip-bomb", "512 MiB in half a megabyte", "半兆字节解出 512 MiB", makes=building.zip_bomb, says=("server.py",), **NOT_RUN),
    r[25]("zip-lies", "says 100 bytes, has 256 MiB", "声称 100 字节，实为 256 MiB", makes=building.zip_that_lies, says=("SyntaxError",)),
    r[25]("zip-overlaps", "5000 names for one megabyte", "五千个名字共用一段数据", makes=building.zip_that_overlaps, says=("SyntaxError",)),
    r[25]("zip-in-zip", "zip in zip, ten deep", "十层嵌套的 zip", makes=building.zip_in_zip, **NOT_RUN),
    r[25]("zip-of-many", "30000 members, one of them right", "三万个成员，其中一个正确", makes=building.zip_of_many, **RIGHT),
    r[25]("tar-bomb", "512 MiB in a .tar.gz", ".tar.gz 解出 512 MiB", makes=building.tar_bomb, **NOT_RUN),
    r[25]("huge-server", "server.py of a tebibyte", "1 TiB 的 server.py", makes=building.huge, says=("MiB",), **NOT_RUN),
    r[25]("deep", "400 folders deep", "四百层目录", makes=building.deep, **NOT_RUN),
    r[25]("no-zip", "a zip that is none", "假的 zip", makes=building.not_a_zip, **NOT_RUN),
    r[26]("zip-slip", "members that lead out, one right", "越界成员与一个正确成员", makes=zipped(("../../../../../../../../tmp/lab-attack-26", b"slipped"), (str(building.HOST_FILE), b"slipped"), ("..\\..\\x.py", b""), ("server.py", SERVER)), **RIGHT),
    r[26]("zip-absolute", "server.py by an absolute path", "绝对路径的 server.py", makes=zipped(("/tmp/server.py", SERVER), ("/home/student/server.py", SERVER)), says=("absolute",), **NOT_RUN),
    r[26]("zip-link", "server.py is a link in a zip", "zip 中的 server.py 是链接", makes=zipped((member("server.py", LINK), b"/etc/passwd")), says=("link",), dark=("root:x:0",), **NOT_RUN),
    r[26]("zip-through-link", "a link, then a file through it", "先放链接，再借链接写文件", makes=zipped((member("out", LINK), b"/tmp"), ("out/lab-attack-26", b"slipped"), ("server.py", SERVER)), **RIGHT),
    r[26]("zip-duplicate", "two different server.py", "两个不同的 server.py", makes=building.zip_duplicate, **NOT_RUN),
    r[26]("tar-links", "links and devices in a tar", "tar 中的链接与设备", makes=building.tar_links, says=("link",), dark=("root:x:0", "root:*:"), **NOT_RUN),
    r[26]("tar-slip", "members that lead out of a tar", "tar 中的越界成员", makes=building.tar_slip, **RIGHT),
    r[27]("file-names", "newline, RTL, 251 bytes, no UTF-8", "换行、反向、超长、非 UTF-8 文件名", makes=building.hostile_names, **RIGHT),
    r[27]("member-names", "the same in a zip", "zip 中的同类文件名", makes=building.hostile_members, **RIGHT),
    r[27]("twins", "server.py and Server.py", "server.py 与 Server.py", makes=building.twins, **NOT_RUN),
    r[27]("student-newline", "a student's name of two lines", "学生姓名含换行", makes=file(text), student="27-student\nnewline: 10 of 10", **RIGHT),
    r[27]("student-rtl", "a student's name from the right", "学生姓名含反向控制符", makes=file(text), student="27-student-\u202etlr\u202c", **RIGHT),
    r[27]("student-bytes", "a student's name that is no UTF-8", "学生姓名不是 UTF-8", makes=file(text), student="27-student-\udcff\udcfe\udcc3(", **RIGHT),
    r[27]("student-long", "a student's name of 240 bytes", "240 字节的学生姓名", makes=file(text), student="27-student-" + "n" * 229, **RIGHT),
    r[28]("ships-modules", "its own socket.py, client.py", "自带 socket.py、client.py"),
    r[28]("writes-modules", "leaves modules for others to load", "留下模块等别人加载", **SERVES),
    r[29]("exits", "sys.exit(0)", "sys.exit(0)", says=("ended with status 0",)),
    r[29]("exits-at-once", "os._exit(0)", "os._exit(0)", says=("ended with status 0",)),
    r[30]("chroot", "chroot, pivot_root, setns", "chroot、pivot_root、setns"),
    r[31]("setuid", "setuid programs", "setuid 程序"),
    r[32]("mount", "mounts", "挂载"),
    r[32]("unshare", "namespaces", "命名空间"),
    r[32]("user-namespace", "user namespaces", "用户命名空间"),
    r[33]("io-uring", "io_uring", "io_uring"),
    r[33]("vsock", "AF_VSOCK and other families", "AF_VSOCK 等协议族"),
    r[33]("keyctl", "keyctl, bpf, perf and others", "keyctl、bpf、perf 等"),
    r[34]("side-channel", "locks and shared memory", "锁与共享内存"),
    r[35]("internet", "the internet", "连接互联网"),
    r[36]("reverse-shell", "a shell for the outside", "反弹 shell"),
    r[37]("host", "a service of the host", "访问宿主机的服务"),
    r[38]("dns", "a secret in a DNS query", "用 DNS 查询外传"),
    r[39]("metadata", "169.254.169.254", "169.254.169.254"),
    r[40]("engine-socket", "the engine's socket", "容器引擎的套接字"),
    r[41]("spoofs-peer", "the peer's MAC and addresses", "冒用对端的 MAC 与地址"),
    r[42]("raw-packets", "raw packets, TUN, TCP_REPAIR", "原始数据包、TUN、TCP_REPAIR"),
    r[43]("ipv6-side-door", "IPv6 link-local", "IPv6 链路本地地址"),
    r[44]("other-networks", "networks of other submissions", "其他提交的网络"),
    r[45]("port-scan", "scans the peer's ports", "扫描对端端口", serves=True, score=9, failed="quiet"),
    r[45]("takes-ports", "binds every port", "占用所有端口", failed="echoed"),
    r[46]("connections", "3000 connections to the peer", "向对端发起 3000 个连接", serves=True, score=9, failed="quiet"),
    r[46]("datagrams", "32 MiB of datagrams to the peer", "向对端发送 32 MiB 数据报", serves=True, limits="traffic", says=("MiB",)),
    r[46]("broadcast", "20000 broadcasts", "两万次广播", serves=True, limits="traffic", says=("MiB",)),
    r[47]("slow-loris", "a byte every 150 ms to the client", "每 150 毫秒向客户端发一个字节", failed="echoed"),
    r[48]("fills-capture", "empty datagrams by the thousand", "成千上万的空数据报", serves=True, limits="traffic", says=("MiB",)),
    r[48]("dissectors", "malformed packets", "畸形数据包", **SERVES),
    r[49]("terminal", "escape sequences", "终端转义序列", failed="echoed"),
    r[49]("html", "HTML and JavaScript", "HTML 与 JavaScript", failed="echoed"),
    r[49]("xml", "]]>, entities, TAP lines", "]]>、实体、TAP 行", failed="echoed"),
    r[49]("formulas", "CSV formulas", "CSV 公式", failed="echoed"),
    r[49]("student-formula", "a student's name =1+1", "学生姓名为 =1+1", makes=file(text), student="=1+1 49-student", **RIGHT),
    r[49]("student-plus", "a student's name +1+1", "学生姓名为 +1+1", makes=file(text), student="+1+1 49-student", **RIGHT),
    r[49]("student-at", "a student's name @SUM(1)", "学生姓名为 @SUM(1)", makes=file(text), student="@SUM(1) 49-student", **RIGHT),
    r[49]("student-html", "a student's name <img onerror>", "学生姓名为 <img onerror>", makes=file(text), student="49-student<img src=x onerror=alert(1)>]]>", **RIGHT),
    r[49]("student-escape", "a student's name with escapes", "学生姓名含转义序列", makes=file(text), student="49-student\x1b]0;owned\x07\x1b[31m\x9b2J", **RIGHT),
    r[50]("replays", "answers learned by heart", "背诵的答案", failed="echoed"),
    r[51]("leaves-state", "leaves state for the next run", "给下一次运行留下状态"),
    r[52]("core-dump", "a core dump", "核心转储", says=("ABRT",)),
    r[53]("syslog", "floods every log", "淹没各种日志", **SERVES),
    r[54]("output", "invalid UTF-8 and NUL in output", "输出非法 UTF-8 与 NUL", **SERVES),
    r[54]("payload", "the same in packets and files", "数据包与文件中的同类字节", failed="echoed"),
    r[54]("surrogates", "a lone surrogate in its source", "源代码含孤立代理", makes=file(building.surrogates), says=("SyntaxError",)),
    r[54]("null", "a NUL in its source", "源代码含 NUL", makes=file(building.null), says=("SyntaxError",)),
    r[55]("python2", "Python 2", "Python 2", says=("SyntaxError",)),
    r[55]("syntax", "a syntax error", "语法错误", says=("SyntaxError",)),
    r[55]("empty", "an empty file", "空文件", makes=file(building.empty)),
    r[55]("folder", "a folder called server.py", "名为 server.py 的目录", makes=building.folder_for_file, says=("main.py",), **RIGHT),
    r[55]("missing", "no server.py", "没有 server.py", makes=building.missing, says=("homework.docx",), **NOT_RUN),
    r[55]("crlf", "CRLF", "CRLF 换行", makes=file(building.crlf), **RIGHT),
    r[55]("bom", "a byte order mark", "带 BOM", makes=file(building.bom), **RIGHT),
    r[55]("gbk", "gbk, declared", "gbk，已声明编码", makes=file(building.gbk), **RIGHT),
    r[55]("gbk-undeclared", "gbk, not declared", "gbk，未声明编码", makes=file(building.gbk_undeclared), says=("SyntaxError",)),
    r[56]("port", "a port of its own", "写死端口", serves=True, says=STALLED),
    r[56]("address", "an address of its own", "写死地址", serves=True, says=("Error",)),
    r[57]("loopback", "binds 127.0.0.1", "绑定 127.0.0.1", says=("loopback",)),
    r[58]("never-closes", "never closes", "从不关闭", score=9, failed="closed"),
    r[59]("closes-at-once", "closes at once", "立即关闭", failed="echoed"),
    r[60]("answers-first", "answers before it is asked", "不问先答", score=9, failed="asked-first"),
)
# fmt: on
HONEST = tuple(
    Attack(0, f"honest-{turn}", ("the solution", "参考答案"), makes=file(text), student=student, **RIGHT)
    for turn, student in enumerate(("00-honest", "26-honest", "40-honest", "99-honest"))
)
