"""`hoverlake serve`: a local page on the warehouse, for people with a browser."""
