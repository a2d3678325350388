"""Code lists the members agreed on, and the national crosswalks into them."""
