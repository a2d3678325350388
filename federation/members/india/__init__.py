"""India: the drug regulator CDSCO and the public medicine programme PMBJP."""
