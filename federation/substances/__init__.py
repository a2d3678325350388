"""The substance register and its resolver: from any member's text to INN and UNII, or to nothing.

`register.csv` holds the alliance's own substances. `normalise` folds text, `salts` takes salts and
hydrates away, `combinations` takes members apart. Start reading at `resolver.Resolver.resolve`.
"""
