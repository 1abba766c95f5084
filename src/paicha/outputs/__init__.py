"""Every document that paicha writes."""
