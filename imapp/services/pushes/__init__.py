"""Who must be told outside the socket: worked out, kept in the ledger, delivered."""
