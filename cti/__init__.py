"""Everything Asterisk: AMI, FastAGI, and the embedded PBX."""
