"""What every room may know: figures, codes and checks, as pure functions and dated data files."""
