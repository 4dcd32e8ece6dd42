"""The data dictionary: the site that explains every table, and the contract of every mart."""
