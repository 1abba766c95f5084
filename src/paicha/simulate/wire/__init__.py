"""Very many connections at once: columns of messages become columns of packets, and these a capture or flow records."""
