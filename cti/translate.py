"""AMI messages to inputs. Pure."""
