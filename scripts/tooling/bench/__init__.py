"""Measure what a user feels, side by side with what else there is, in one run on one machine.

`environments` gives each contender an environment of its own; `workers/` holds the small programs that run there;
`rows/` says what is compared with what; `measuring` runs rounds and `results` makes ratios of them; `report` shows them.
"""
