"""The alliance data-exchange hub: pulls, keeps, decides, answers and records what it showed."""
