"""Who answers for a subject: units and exceptions."""
