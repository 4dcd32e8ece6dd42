"""`hoverlake erase`: everything of a person leaves the warehouse, and a certificate says so."""
