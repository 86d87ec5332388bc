"""What outlives the process: the journal, its projections, the house, the live board."""
