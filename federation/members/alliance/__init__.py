"""The alliance's own register and the reference registers it is made of, pulled like any feed."""
