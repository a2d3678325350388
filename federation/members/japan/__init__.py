"""Japan: the Ministry of Health, Labour and Welfare (MHLW)."""
