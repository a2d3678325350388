"""The gate between mapping and publishing: a pull too unlike the last good one is held."""
