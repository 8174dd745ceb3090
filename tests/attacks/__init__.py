"""Every row of the table of attacks as submissions, graded as a class and judged."""
