"""Key sets and keys, read strictly: those of trusted issuers and clients."""
