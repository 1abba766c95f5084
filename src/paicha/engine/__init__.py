"""Loading inputs into tables, asking rules, grading findings."""
