"""Whom the hub trusts to say who calls: issuers, and what is distrusted."""
