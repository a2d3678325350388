"""From a source's requests to its bytes: pace, resumption, secrets, and how far a feed came."""
