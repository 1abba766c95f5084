"""Types, contracts and pure definitions that every room shares; standard library at run time."""
