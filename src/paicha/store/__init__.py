"""Database, migrations, ledger and runs."""
