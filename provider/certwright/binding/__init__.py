"""What both Pulumi adapters share: token to handler, errors, run memory, wire codec, schema."""
