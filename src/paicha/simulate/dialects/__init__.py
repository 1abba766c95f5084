"""The dialects in which miners and pools speak, each an independent generator of messages."""
