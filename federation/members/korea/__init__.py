"""Korea: the Ministry of Food and Drug Safety (MFDS)."""
