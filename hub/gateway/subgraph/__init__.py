"""The hub as a subgraph of Federation 2: its entities, and its schema's directives."""
