"""The alliance's own register, pulled like any other feed."""
