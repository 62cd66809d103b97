"""certwright: certificates, private CAs and their deployment, declared with Pulumi."""

__version__ = "0.1.0"
