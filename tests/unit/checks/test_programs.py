import pytest
from facts import find, lines, printed, program, run
from pydantic import ValidationError

from lab.errors import LabError

ALICE = program("alice", output=printed("welcome!", "OK", "OK") + printed("trouble", stream="err"))
BOB = program("bob", output=printed("OK"))
PROGRAMS = {"alice": ALICE, "bob": BOB, "mute": program("carol")}


def output(params: str):
    return find(run(programs=PROGRAMS), "output", params)


class TestOutput:
    def test_line(self):
        finding = output("{program: alice, line: OK}")
        assert finding.ok
        assert finding.actual.en == "alice printed the line `OK`"
        assert finding.actual.zh == "alice 打印了一行 `OK`"
        assert not output("{program: alice, line: O}").ok

    def test_text_and_match(self):
        assert output("{program: alice, text: elco}").ok
        assert not output("{program: alice, text: Elco}").ok
        assert output("{program: alice, match: '^wel.*!$'}").ok
        assert not output("{program: alice, match: '^elc'}").ok

    def test_count(self):
        assert output("{program: alice, line: OK, count: 2}").ok
        finding = output("{program: alice, line: OK, count: 3}")
        assert not finding.ok
        assert finding.expected.en == "alice to print the line `OK`, 3 times"
        assert finding.actual.en == "alice printed it 2 times"
        assert finding.actual.zh == "alice 打印了 2 行这样的内容"
        assert lines(finding).splitlines()[::2] == [
            "… 1 more before",
            "alice printed `OK`",
            "alice printed `OK`",
            "alice printed `trouble`",
        ]
        assert output("{program: alice, line: OK, at_least: 2}").ok
        assert not output("{program: alice, line: OK, at_most: 1}").ok
        assert output("{program: alice, text: OK, count: 2}").actual.zh == "alice 打印了含有 `OK` 的 2 行"

    def test_none(self):
        finding = output("{program: alice, line: nothing, count: 0}")
        assert finding.ok
        assert finding.actual.en == "alice did not print the line `nothing`"
        assert finding.actual.zh == "alice 没有打印 `nothing` 这一行"
        finding = output("{program: alice, match: OK, at_most: 0, stream: out}")
        assert not finding.ok
        assert finding.expected.en == "alice not to print a line that matches `OK` on stdout"
        assert finding.expected.zh == "alice 不打印与 `OK` 匹配的行（标准输出）"
        assert finding.actual.en == "alice printed it 2 times"

    def test_lines_in_order(self):
        assert output("{program: alice, lines: [welcome!, OK, OK]}").ok
        assert output("{program: alice, lines: [welcome!, trouble]}").ok
        finding = output("{program: alice, lines: [OK, welcome!]}")
        assert not finding.ok
        assert finding.expected.en == "alice to print `OK`, `welcome!` in this order"
        assert finding.expected.zh == "alice 打印 `OK`、`welcome!`（按此顺序）"
        assert finding.actual.en == "alice did not print `welcome!` after `OK`"
        assert not output("{program: alice, lines: [OK, OK, OK]}").ok

    def test_each_of_several_expressions_in_any_order(self):
        finding = output("{program: alice, matches: [^OK$, wel]}")
        assert finding.ok
        assert finding.actual.en == "alice printed a line for each of 2 expressions"
        finding = output("{program: alice, matches: [^OK$, wel, never]}")
        assert not finding.ok
        assert finding.actual.en == "alice did not print a line that matches `never`"
        assert finding.share == pytest.approx(2 / 3)
        with pytest.raises(ValidationError, match="not counted"):
            output("{program: alice, matches: [OK], count: 2}")

    def test_stream(self):
        assert output("{program: alice, line: trouble, stream: err}").ok
        assert not output("{program: alice, line: trouble, stream: out}").ok

    def test_each_of_several_programs(self):
        assert output("{program: [alice, bob], line: OK}").ok
        finding = output("{program: [alice, mute], line: OK}")
        assert not finding.ok
        assert finding.actual.en == "mute did not print it"
        assert "mute printed nothing" in lines(finding)

    @pytest.mark.parametrize(
        "params", ["{program: alice}", "{program: alice, line: a, text: a}", "{program: alice, lines: [a], count: 1}"]
    )
    def test_refused_parameters(self, params: str):
        with pytest.raises(ValidationError):
            output(params)


def cut(*said: str, complete: bool = True):
    """A program of which only the first lines were kept, the last of them perhaps not whole."""
    output = printed(*said)
    last = output[-1].model_copy(update={"complete": complete})
    facts = program("alice", output=(*output[:-1], last), output_cut=True)
    return lambda params: find(run(programs={"m": facts, "bob": BOB}), "output", params)


class TestCutOutput:
    def test_what_was_found_before_the_cut_passes(self):
        output = cut("welcome!", "OK", "OK")
        assert output("{program: m, line: OK}").ok
        assert output("{program: m, line: OK, at_least: 2}").ok
        assert output("{program: m, lines: [welcome!, OK]}").ok

    def test_too_many_before_the_cut_are_too_many(self):
        assert not cut("OK", "OK")("{program: m, line: OK, at_most: 1}").ok
        assert not cut("OK", "OK")("{program: m, line: OK, count: 1}").ok

    @pytest.mark.parametrize(
        "params", ["line: nein", "text: nein", "lines: [OK, welcome!]", "line: OK, count: 2", "line: nein, at_most: 0"]
    )
    def test_what_may_lie_beyond_the_cut_cannot_be_told(self, params: str):
        with pytest.raises(LabError) as raised:
            cut("welcome!", "OK", "OK")(f"{{program: m, {params}}}")
        assert raised.value.what.en == "the output of m was cut at 1 MiB: it cannot be told"
        assert raised.value.what.zh == "m 的输出在 1 MiB 处被截断：无法判断"

    def test_another_program_that_is_wrong_is_wrong_all_the_same(self):
        finding = cut("OK")("{program: [m, bob], line: nein}")
        assert not finding.ok
        assert finding.actual.en == "bob did not print it"

    def test_the_line_at_the_cut_may_go_on(self):
        half = cut("OK", "hello", complete=False)
        assert half("{program: m, text: hell}").ok
        for params in ("line: hello", "match: hello$"):
            with pytest.raises(LabError):
                half(f"{{program: m, {params}}}")
        assert cut("OK", "hello")("{program: m, line: hello}").ok


ENDED = {
    "fine": program("alice", ended=1, exit=0),
    "wrong": program("bob", ended=1, exit=1),
    "killed": program("bob", ended=1, signal="KILL"),
    "server": program("server", ended=9, signal="TERM", stopped_by_lab=True),
    "broken": program("carol", started=None, failure="no such file"),
    "unborn": program("carol", started=None),
}


def ended(params: str):
    return find(run(programs=ENDED), "exit", params)


class TestExit:
    def test_status(self):
        finding = ended("{program: fine, status: 0}")
        assert finding.ok
        assert finding.actual.en == "fine ended with status 0"
        assert not ended("{program: fine, status: 1}").ok
        assert ended("{program: wrong, status: 1}").ok

    def test_each_of_several(self):
        finding = ended("{program: [fine, wrong, killed], status: 0}")
        assert not finding.ok
        assert finding.expected.en == "fine, wrong, killed to end with status 0"
        assert finding.actual.en == "wrong ended with status 1"
        assert finding.actual.zh == "wrong 以退出码 1 结束"
        assert "killed was ended by SIGKILL" in lines(finding)

    def test_signal(self):
        assert ended("{program: killed, signal: KILL}").ok
        assert not ended("{program: killed, signal: TERM}").ok
        assert not ended("{program: fine, signal: KILL}").ok

    def test_running(self):
        finding = ended("{program: server, running: true}")
        assert finding.ok
        assert finding.actual.en == "server still running after the last step"
        assert not ended("{program: fine, running: true}").ok

    def test_what_the_lab_did_is_not_the_program_s(self):
        finding = ended("{program: server, signal: TERM}")
        assert not finding.ok
        assert finding.actual.en == "server was still running after the last step"

    def test_never_started(self):
        assert ended("{program: broken, status: 0}").actual.en == "broken could not be started: no such file"
        assert ended("{program: unborn, status: 0}").actual.zh == "unborn 从未启动"

    def test_refused_parameters(self):
        for params in (
            "{program: fine}",
            "{program: fine, status: 0, running: true}",
            "{program: fine, running: false}",
        ):
            with pytest.raises(ValidationError):
                ended(params)


class TestMojibake:
    def find(self, line: str, mojibake: str):
        facts = run(programs={"alice": program("alice", output=printed(line))})
        return find(facts, "output", f"{{program: alice, mojibake: {{{mojibake}}}}}")

    def test_gbk_read_as_utf_8(self):
        assert self.find("got ����!", "text: 数据, from: gbk, as: utf-8").ok
        assert not self.find("got 数据!", "text: 数据, from: gbk, as: utf-8").ok

    def test_utf_8_read_as_gbk(self):
        assert self.find("浣犲ソ", "text: 你好, from: utf-8, as: gbk").ok

    def test_gbk_that_is_valid_utf_8(self):
        assert "联通".encode("gbk").decode("utf-8", "replace") != "联通"
        finding = self.find("ͨ", "text: 联通, from: gbk, as: utf-8")
        assert not finding.ok
        read = "联通".encode("gbk").decode("utf-8", "replace")
        assert finding.expected.en == (f"alice to print a line with `{read}`, which is `联通` in gbk read as utf-8")
        assert finding.expected.zh == f"alice 打印含有 `{read}`（以 gbk 编码的 `联通` 按 utf-8 读取）的一行"

    def test_utf_8_read_as_latin_1(self):
        assert self.find("cafÃ©", "text: café, from: utf-8, as: latin-1").ok

    def test_what_would_show_nothing_or_cannot_be_written(self):
        with pytest.raises(ValidationError, match="nothing would show"):
            self.find("", "text: hello, from: gbk, as: utf-8")
        with pytest.raises(ValidationError, match="cannot be written in latin-1"):
            self.find("", "text: 你好, from: latin-1, as: utf-8")
