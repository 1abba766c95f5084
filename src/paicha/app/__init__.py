"""One module per use case: the only place where rooms meet."""
