"""Java's options in tests."""

#: Test nights are tiny: the second compiler would cost more than its code wins back. The code of one compiler gets 48 MB by
#: default; once they are full, everything after is interpreted.
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC -XX:ReservedCodeCacheSize=256m"
