"""The network debug assistant: the other end of any program, worked by hand.

`endpoint` is the conversation with who holds the sockets, `writing` bytes as people write and read them, `model`
what happened and what is asked, without I/O; `app` shows it in the terminal (the only `textual` import), `hosted` has
the sockets on a host of the lab.
"""
