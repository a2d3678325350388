"""Where records live: PostgreSQL (embedded or not), the landing, the versioned merge."""
