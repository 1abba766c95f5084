"""One module per family of dialects: each reads messages into what is known of a session."""
