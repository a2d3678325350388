"""Questions asked again, answered without graphql-core, byte for byte the same."""
