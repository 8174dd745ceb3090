"""The socket lab: network scenarios on real hosts, captured whole, and judged by what was on the wire.

The way of the data::

    scenario.yaml ─loader→ Scenario ─plan→ Plan ─runner→ Record + capture.pcapng
                                                            │          ↓ reader: packets, tcp, udp, messages
                                                            │     Conversations
                                                            ↓          ↓
      terminal, JSON, JUnit ←report─ Outcome ←grade─ Findings ←─── checks

One direction, no way back. Only `runner` and what it stands on need an engine: a saved run is judged
(`assess`) and shown (`report`) again on a machine that has none.

The modules, each importing only from those above it:

Words
    text            what people read, in English and in Chinese side by side
    errors          what can go wrong, by whose fault, and the exit code
    oserrors        the operating system's reasons
    damage          what is wrong with a saved file that was changed
    places          where the lab's own folders are
The facts of a run
    record          what each program printed and when, steps, host state, capture counters; saved as JSON
The file
    values          what the models are made of: names and what they refer to, words, text, numbers
    sysctls         the kernel's settings that a host may have
    scenario        the scenario file as frozen models
    reading/        plain values to a `Scenario`, every fault with its place
    loader          YAML to plain values and their places (the only `yaml` import)
    schema          the JSON Schema of the file, from the models
    template/       what `lab new` begins with
    plan            scenario and submission to addresses, files and names; nothing left to decide
The wire
    conversations   what the analysis of a capture comes to: connections, exchanges, messages
    tunnels         the tunnels that a packet may lie in
    packets         frames to TCP segments, UDP datagrams and the rest; headers read with struct
    dns             DNS messages
    messages        ARP, ICMP, ICMPv6, IGMP, DNS and others by the terms of their own protocol
    capturefile     pcap and pcapng files as a stream of frames
    pcapng          writing pcapng
    tcp/            segments to connections, without I/O: Wireshark's, Zeek's and RFC 9293's definitions
    layers          one packet, layer by layer (the only `scapy` import)
    udp             datagrams to exchanges
    reader          a capture file to the conversations in it
The judgement
    results         verdicts, findings and results
    checks/         the kinds of checks: a model of parameters and a pure function each
    reference       the reference pages of the kinds, from their models
    grade           checks in the order of their dependencies; verdicts and points
The engine
    interrupts      Ctrl-C and SIGTERM: when they may end the lab, and when not
    engine          what the lab needs of a container engine; its Docker adapter (the only `docker` import)
    agent           a conversation in JSON lines with the first process of a container
    images          images made when missing, named by the hash of what they are made from
    capture         started before the first program, proved by markers at both ends
    runs            run directories, their locks, and what dead runs left
    doctor          what the machine lacks, the remedy, and the mending
    hosts           the containers of a run: up in parallel, plugged in by the tap, removed whatever happens
    observe         the state of hosts at one moment (the only `testinfra` import)
    output          what one program printed and was told
The whole
    batch           several scenarios at once, each by a command of its own
    report/         what people and programs are told (the only `rich` imports)
    waiting         what programs wait for, when a step's deadline has passed
    deadline        how long a step may take, whatever else the machine does
    sentences       a step as its verb, as the bytes that it types, and as a sentence
    exchange        the steps, one after the other, each with a deadline, none with a sleep
    runner          Plan to Record: bring up, exchange, settle, end the capture, clean up
    assess          a saved run to its outcome
    kept            the scenario as a run kept it, for checking the run where its scenario is not
    arguments       what a name or a path on the command line means
    looking         what `lab inspect` shows of a capture
    handouts/       the figures of scenarios' pages, from real runs
    pipes           standard output: its reader may leave, a document stands alone on it
    usage           the command line in both languages: the help's frame, and what is wrong with a call
    running         `lab run`: one scenario in this process, or several, each in one of its own
    options         the arguments and options of the verbs
    cli             the verbs of `lab` and their exit codes
    __main__        the command itself: heeds Ctrl-C before it imports the rest
    bootstrap       makes the virtual environment; run by make, imports the standard library only
"""

__version__ = "0.1.0"
