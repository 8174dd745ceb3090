import pytest
from facts import find, lines, printed, program, run
from pydantic import ValidationError

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
        assert finding.actual.zh == "alice 打印了 2 次"
        assert "alice printed `welcome!`" in lines(finding)
        assert output("{program: alice, line: OK, at_least: 2}").ok
        assert not output("{program: alice, line: OK, at_most: 1}").ok

    def test_lines_in_order(self):
        assert output("{program: alice, lines: [welcome!, OK, OK]}").ok
        assert output("{program: alice, lines: [welcome!, trouble]}").ok
        finding = output("{program: alice, lines: [OK, welcome!]}")
        assert not finding.ok
        assert finding.expected.en == "alice to print `OK`, `welcome!` in this order"
        assert finding.expected.zh == "alice 打印 `OK`、`welcome!`（按此顺序）"
        assert finding.actual.en == "alice did not print `welcome!` after `OK`"
        assert not output("{program: alice, lines: [OK, OK, OK]}").ok

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
        assert finding.actual.zh == "wrong 以状态 1 结束"
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
