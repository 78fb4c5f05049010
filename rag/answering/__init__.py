"""From passages to what a model says: what it is told, and when it is not asked at all."""
