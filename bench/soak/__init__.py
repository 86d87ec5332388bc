"""Hours, or a minute, of a whole house at 80 % load under random faults, and an auditor who trusts none of its words.

`ground` is the house, its callers' and agents' telephones and the logs that these keep; `traffic` calls; `faults` is
the table of what goes wrong, `plan` when; `watch` looks at engine and PBX while it runs; `auditor` reads what is left.
"""
