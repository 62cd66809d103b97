"""The authoritative DNS server that certwright ships: a double for tests and demonstrations. `python -m` serves from a shell."""

from certwright.server.dns.authoritative import DnsServer, Query
from certwright.server.dns.fault import Fault
from certwright.server.dns.update import TsigKey

__all__ = ["DnsServer", "Fault", "Query", "TsigKey"]
