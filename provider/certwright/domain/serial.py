"""Serial numbers: positive, at most 20 octets, with far more than 64 random bits (RFC 5280 4.1.2.2, CA/B BR 7.1)."""

from __future__ import annotations

SERIAL_RANDOM_BYTES = 19
MIN_RANDOM_BYTES = 16
MAX_OCTETS = 20
_PREFIX = 0x01


def serial_from(random: bytes) -> int:
    """A serial number from `random` (16 to 19 bytes of a CSPRNG; ask for SERIAL_RANDOM_BYTES).

    Every random bit is used: a fixed first octet keeps the number positive and of constant length, because masking
    the top bit away is what left CAs with 63 bits in 2019.
    """
    if not MIN_RANDOM_BYTES <= len(random) <= SERIAL_RANDOM_BYTES:
        raise ValueError(f"a serial number takes {MIN_RANDOM_BYTES} to {SERIAL_RANDOM_BYTES} random bytes")
    return int.from_bytes(bytes([_PREFIX]) + random, "big")


def serial_hex(serial: int) -> str:
    """Lower-case hex of whole octets, without separators: the form in ARNs and in the store."""
    text = f"{serial:x}"
    return text if len(text) % 2 == 0 else f"0{text}"


def serial_colon_hex(serial: int) -> str:
    """``01:ab:…``, the form that ACM shows."""
    text = serial_hex(serial)
    return ":".join(text[i : i + 2] for i in range(0, len(text), 2))
