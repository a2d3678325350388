"""European Union: the European Medicines Agency (EMA), and France's register (BDPM)."""
