"""`hoverlake report`: one page on one date, for people."""
