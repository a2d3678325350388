"""The substance register and its resolver: from any member's text to INN and UNII, or to nothing.

`register.csv` holds the alliance's own substances, `reference` reads the registers of others. A
text goes through `normalise`, `combinations`, `salts`, then by exact name, `spellings`, `sounds`,
`minerals` and `likeness`. Start reading at `resolver.Resolver.resolve`.
"""
