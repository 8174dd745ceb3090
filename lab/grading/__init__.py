"""Grading: a class of submissions, each in hosts of its own, by several workers at once.

    submissions ─course→ Tasks ─(journal: graded before?)→ pool or cluster ─worker: marking→ Marked
                                                                                              ↓
                   feedback, mark sheets, bundles, the page of the class ←results─ Graded ←── ┘

A `Task` and a `Marked` are JSON, whether the worker is a child of this process or on another machine.
"""
