"""United States: the Food and Drug Administration (FDA)."""
