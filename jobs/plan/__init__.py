"""`hoverlake plan`: what a warehouse of a given size stores, computes and costs, by arithmetic on measured constants.

A night takes the beacons of one day and builds every event date that they touch: the day itself and those before it in
the late window. Each of these dates is written anew, and what it replaces stays until `maintain` removes it.
"""
