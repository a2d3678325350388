"""The hub as a subgraph of Federation 2: its entities, and its schema's directives.

`entities.py` plans `_entities`, `schema.py` writes the SDL. The router and its other subgraphs are
`graphql/supergraph/`.
"""
