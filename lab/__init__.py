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
    visible         text of programs, packets and students, made harmless
    errors          what can go wrong, by whose fault, and the exit code
    oserrors        the operating system's reasons
    damage          what is wrong with a saved file that was changed
    saved           files that the lab writes in JSON, each in a numbered format
    places          where the lab's own folders are
    edition         which lab this is: its version, and a digest of its files
The facts of a run
    record          what each program printed and when, steps, host state, capture counters; saved as JSON
The file
    values          what the models are made of: names and what they refer to, words, text, numbers
    ends            the ends of packets and connections, as scenario files name them
    wirefaults      which packets a fault meets on the wire, and what becomes of those
    crafting        packets that no host sent (one of two `scapy` imports)
    sysctls         the kernel's settings that a host may have
    limits          what a host may take of the machine
    steps           the steps of an exchange as frozen models
    scenario        the whole scenario file, likewise
    reading/        plain values to a `Scenario`, every fault with its place
    variants        the values that vary between runs, chosen by the seed
    yamltext        YAML to plain values and their places (the only `yaml` import)
    loader          a scenario file to a `Scenario`, or to all of its faults
    schema          the JSON Schema of the file, from the models
    template/       what `lab new` begins with
    submissions/    what students hand in, read safely, and what an exercise takes of it
    plan            scenario and submission to addresses, files and names; nothing left to decide
The wire
    conversations   what the analysis of a capture comes to: connections, exchanges, messages
    tunnels         the tunnels that a packet may lie in
    fragments       IP datagrams put together from their fragments
    checksums       whether those of TCP and UDP are right
    packets         frames to TCP segments, UDP datagrams and the rest; headers read with struct
    dns             DNS messages
    messages        ARP, ICMP, ICMPv6, IGMP, DNS and others by the terms of their own protocol
    summaries       what they say in one line, in both languages
    capturefile     pcap and pcapng files as a stream of frames
    pcapng          writing pcapng, and commenting it
    tcp/            segments to connections, without I/O: Wireshark's, Zeek's and RFC 9293's definitions
    layers          one packet, layer by layer (the other `scapy` import)
    udp             datagrams to exchanges
    reader          a capture file to the conversations in it
    passing         the packets of a capture that goes on, one by one
The judgement
    results         verdicts, findings and results
    outcomes        outcomes saved as the result.json of their runs
    checks/         the kinds of checks: a model of parameters and a pure function each
    reference       the reference pages of the kinds, from their models
    grade           checks in the order of their dependencies; verdicts and points
    graded          the grading of one submission, saved and sent as JSON
    claims          what introductory texts claim, and what settles it
    marks           the grading of a class: its marks, who is alike, what there is to say of it
Seeing it
    trace/          what programs asked of the kernel about their sockets, and the packets beside it
    seen            a run, or any capture, read for looking at
The engine
    interrupts      Ctrl-C and SIGTERM: when they may end the lab, and when not
    engine          what the lab needs of a container engine
    dockerengine    the Docker API behind it (the only `docker` import)
    agent           a conversation in JSON lines with the first process of a container
    images          images made when missing, named by the hash of what they are made from
    capture         started before the first program, proved by markers at both ends
    wire            faults, packets of the lab's own, and waiting for packets, in the tap's hands
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
    events          what hosts tell by themselves: written into logs and limits, told on
    exchange        the steps, one after the other, each with a deadline, none with a sleep
    onlooking       what a run tells while it goes on, for who looks on from another terminal
    runner          Plan to Record: bring up, exchange, settle, end the capture, clean up
    explain/        what happened, in sentences, by rules over a run
    remarks         comments of steps and checks on the frames of a run's capture
    assess          a saved run to its outcome
    kept            the scenario as a run kept it, for checking the run where its scenario is not
    diff            what is different in two runs
    arguments       what a name or a path on the command line means
    terminal        what programs write to the terminal that a person sits at
    session         the hosts of a scenario for use by hand
    assistant/      the other end of any program, worked by hand (the only `textual` import)
    shell           `lab shell`: somebody at a terminal inside the hosts
    looking         what `lab inspect` shows of a capture
    handouts/       the figures of scenarios' pages, from real runs
    pipes           standard output: its reader may leave, a document stands alone on it
    usage           the command line in both languages: the help's frame, and what is wrong with a call
    running         `lab run`: one scenario in this process, or several, each in one of its own
    grading/        a class of submissions, graded by several workers at once
    options         the arguments and options of the verbs
    cli             the verbs of `lab` and their exit codes
    __main__        the command itself: heeds Ctrl-C before it imports the rest
    bootstrap       makes the virtual environment; run by make, imports the standard library only
"""

__version__ = "0.1.0"
