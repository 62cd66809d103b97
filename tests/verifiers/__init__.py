"""Second opinions on certificates: OpenSSL, GnuTLS, Go's verifier, zlint and pkilint, each behind one function.

Every function answers with what the program objects to; empty means content. A program that is missing skips the test
with its name, and fails it when CERTWRIGHT_REQUIRE_SERVERS=1 (CI).
"""
