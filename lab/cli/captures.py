"""The verbs that look into captures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lab import interrupts, usage
from lab.cli.frame import FAILED, PASSED, show_screen, verb
from lab.options import Conversation, Json, Lang, Packet, Run, RunOrFile
from lab.usage import t

Encoding = Annotated[
    str | None, typer.Option(help=t("of the payload; else the scenario's", "载荷的编码；缺省用场景的编码"))
]
All = Annotated[bool, typer.Option("--all", help=t("leave nothing out", "不省略任何内容"))]


@verb(
    help=t(
        "Look into a capture: its conversations as a table, or one as a ladder.",
        "查看抓包：会话列表，或单个会话的时序图。",
    )
)
def inspect(
    what: RunOrFile,
    conversation: Conversation = None,
    run: Run = None,
    packet: Packet = None,
    as_hex: Annotated[
        bool, typer.Option("--hex", help=t("payload in hexadecimal too", "同时以十六进制显示载荷"))
    ] = False,
    encoding: Encoding = None,
    everything: All = False,
    page: Annotated[int, typer.Option(help=t("of the table", "表格的页码"), min=1)] = 1,
    html: Annotated[
        Path | None, typer.Option("--html", help=t("write all of it as a page", "把全部内容写成网页"), metavar="OUT")
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from lab import arguments, looking
    from lab.report.reading import ReadingProgress

    capture, recorded = arguments.capture(what, run)
    if html is not None:
        looking.write_page(capture, recorded, html, usage.LANGUAGE, encoding)
        typer.echo(str(html))
        return
    if packet is not None:
        show_screen(looking.one_packet(capture, packet, recorded, usage.LANGUAGE, encoding))
        return
    interrupts.heed()  # a line of progress has to be taken away
    with ReadingProgress(capture, usage.LANGUAGE, sys.stderr) as progress:
        if as_json:
            looking.write_document(capture, recorded, sys.stdout, progress)
            return
        conversations = looking.conversations(capture, recorded, conversation, page, progress, everything=everything)
    calls = [] if conversation is None else looking.calls_beside(capture, recorded, conversations)
    look = looking.Look(conversations, recorded, usage.LANGUAGE, everything, calls=calls)
    opens = arguments.opens(what, run, recorded)
    if conversation is None:
        show_screen(look.table(page, opens))
    else:
        show_screen(look.one(conversation, encoding, as_hex=as_hex, opens=opens))


@verb(
    help=t(
        "Say in sentences what happened, each with the packets and calls that show it.",
        "用句子说明发生了什么，每句附上可作证据的数据包和调用。",
    )
)
def explain(
    what: RunOrFile,
    conversation: Conversation = None,
    run: Run = None,
    encoding: Encoding = None,
    everything: All = False,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from dataclasses import replace

    from lab import arguments, looking
    from lab.errors import InputError
    from lab.explain import explain
    from lab.report.document import dumps
    from lab.report.inspect import conversation_named, named, numbers
    from lab.report.labels import prove_encoding
    from lab.report.story import first_told, story_document, story_screen

    if encoding is not None:
        prove_encoding(encoding)
    shown = conversation is None and not (everything or as_json)
    one = None if conversation is None else named(conversation)
    # times count from the first conversation
    wanted = numbers(1) if shown else None if one is None else {1, one.number}
    seen = arguments.seen(what, run, wanted)
    if encoding is not None:
        seen = replace(seen, encoding=encoding)
    if conversation is not None and conversation_named(seen.conversations, conversation) is None:
        raise InputError(looking.no_conversation(conversation, seen.conversations))
    names = first_told(seen.conversations) if shown else None if conversation is None else [conversation]
    told = [each for each in explain(seen, names) if conversation in (None, each.conversation)]
    if as_json:
        sys.stdout.write(dumps(story_document(told, usage.LANGUAGE)))
    else:
        there = seen.conversations.connection_count + seen.conversations.exchange_count
        more = there - len(names) if shown and names is not None else 0
        show_screen(story_screen(seen, told, usage.LANGUAGE, more))


@verb(
    help=t(
        "Say what is different in two runs: conversations, checks, output. Exit code 1 if anything is.",
        "说明两次运行有何不同：会话、检查、输出。有不同时退出码为 1。",
    )
)
def diff(
    before: RunOrFile,
    after: Annotated[
        str | None,
        typer.Argument(
            help=t(
                "compared with it; else BEFORE is a scenario, and its last two runs are compared",
                "与之比较；缺省时前者是场景名，比较其最近两次运行",
            ),
            metavar="NAME|RUN|FILE",
        ),
    ] = None,
    as_json: Json = False,
    lang: Lang = None,
) -> None:
    from lab import arguments
    from lab.diff import compare, head
    from lab.report.document import dumps
    from lab.report.sides import sides_document, sides_screen

    seen = [arguments.seen(each, run) for each, run in arguments.pair(before, after)]
    parts = compare(*seen)
    if as_json:
        captures = f"{seen[0].capture}", f"{seen[1].capture}"
        sys.stdout.write(dumps(sides_document(captures, parts, usage.LANGUAGE)))
    else:
        show_screen(sides_screen((head(seen[0]), head(seen[1])), parts, usage.LANGUAGE))
    raise typer.Exit(FAILED if parts else PASSED)
