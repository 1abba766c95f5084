"""Mining protocols: from TCP segments to messages, dialects and sessions."""
