from __future__ import annotations

import random

import pytest
from certwright.domain import serial
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.proves("SEC-3")
@given(st.binary(min_size=16, max_size=19))
def test_a_serial_is_positive_fits_twenty_octets_and_keeps_every_random_bit(entropy: bytes) -> None:
    value = serial.serial_from(entropy)
    assert value > 0
    assert value.bit_length() < 160
    assert value.to_bytes(20, "big").endswith(entropy)
    assert int(serial.serial_hex(value), 16) == value
    assert serial.serial_colon_hex(value).replace(":", "") == serial.serial_hex(value)


@pytest.mark.proves("SEC-3")
def test_each_of_the_random_bits_is_free() -> None:
    """63-bit serials of 2019: here each of 152 bits is set in about half of the serials."""
    source = random.Random(1)
    rounds = 2000
    counts = [0] * (8 * serial.SERIAL_RANDOM_BYTES)
    for _ in range(rounds):
        value = serial.serial_from(source.randbytes(serial.SERIAL_RANDOM_BYTES))
        for bit in range(len(counts)):
            counts[bit] += value >> bit & 1
    assert all(0.42 * rounds < count < 0.58 * rounds for count in counts)


@pytest.mark.parametrize("size", [0, 8, 15, 20])
def test_too_little_or_too_much_randomness_is_refused(size: int) -> None:
    with pytest.raises(ValueError):
        serial.serial_from(bytes(size))


def test_hex_is_of_whole_octets() -> None:
    assert serial.serial_hex(0xABC) == "0abc"
    assert serial.serial_colon_hex(0xABC) == "0a:bc"
