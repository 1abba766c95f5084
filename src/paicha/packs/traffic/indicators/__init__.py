"""Names and addresses known to serve mining: the curated table and importers for public lists."""
