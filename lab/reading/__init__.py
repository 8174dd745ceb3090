"""How the plain values of a scenario file become a `Scenario`; `lab.loader` begins it.

::

    values and places ─shape→ Parts (models, each valid by itself)
                                └─ references, steps, addresses, files, needs → Scenario

Every module adds what it finds wrong to one `Faults`; none stops at the first, and each leaves
alone what an earlier one has refused already.
"""
