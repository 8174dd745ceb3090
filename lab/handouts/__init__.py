"""The figures of handouts, from real runs.

A handout is the README.md and README.zh.md of a scenario's folder. Where a page says

    <!-- figure: ladder alice 2 with=broken/at-once -->
    <!-- end -->

the ladder of alice's second conversation in the run of that broken program is put between the two lines,
as `lab inspect` draws it, in the language of the page. Both pages are filled from the same run.

    pages       the two pages of a scenario, their markers, and what is wrong with them
    figures     a figure as lines of text, from a run directory
    stable      what of a figure is the same in every run
    filling     handouts to runs, and runs to pages
"""
