"""Every size and time of a server for foreign front servers. Octets and seconds."""

from __future__ import annotations

#: Connections at a time. At the limit the one that is idle for the longest makes room for a new one.
MAX_CONNECTIONS = 1024
#: Connections that wait to be accepted; the system may allow fewer (net.core.somaxconn).
BACKLOG = 511
#: What one read takes from a connection.
READ_SIZE = 65536
#: Variables of all requests of a connection that are not whole yet; one request may have pairs.MAX_PARAMS, or MAX_HEAD.
MAX_GATHERED = 4 << 20
#: The head of an SCGI request.
MAX_HEAD = 1 << 20
#: How long a request may take from its first octet until its variables are whole.
INCOMPLETE_SECONDS = 30.0
#: Input that waits in memory for the application. A connection with one request is then not read any further, ...
INPUT_MEMORY = 256 * 1024
#: ... and is again when so much is left.
INPUT_RESUME = 128 * 1024
#: One with several requests is: what goes beyond waits in an unnamed file, up to this size.
INPUT_STORED = 1 << 30
#: How long the application waits for more input, and for a front server to take more output.
INPUT_IDLE_SECONDS = 600.0
WRITE_IDLE_SECONDS = 600
#: Output that is given to the connection at once; then another request of the connection has its turn, or an ABORT.
OUTPUT_BATCH = 15 * 65528
#: Answers of the server's own (GET_VALUES, ABORT, ...) that a front server may leave unread before it loses its connection.
MAX_OUTGOING = 1024
#: Input that nobody reads any more and that is thrown away to keep the connection.
MAX_UNWANTED = 1 << 20
#: How long, and for how much of it, a connection that cannot be kept waits for the other side to close first.
LINGER_SECONDS = 2.0
MAX_LINGER = 16 << 20
#: How often incomplete requests and lingering connections are looked for, while there are any.
SWEEP_SECONDS = 1.0
#: How long a process whose threads are all busy leaves a connection to others that accept on the same socket.
DEFER_SECONDS = 0.02
