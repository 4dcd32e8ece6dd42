#!/bin/sh
# `hoverlake` on a cluster, the driver on this machine:
#
#   sh deploy/cluster/submit.sh OPTIONS OF spark-submit -- WORDS OF hoverlake
#
# Sends along what `pack.sh` has packed and the jars of Delta and S3: executors need Spark and a bare Python.
# Ends with the exit code of hoverlake, whose words come on stdout.
#
#   PYTHON            the driver's Python, .venv/bin/python unless named
#   SPARK_HOME        the driver's Spark, that of PYTHON's pyspark unless named
#   PACKED            the folder that pack.sh filled, `dist` unless named
#   HOVERLAKE_JAVA_OPTIONS   options of the driver's Java
#   EXECUTOR_PYTHON   a Python of the same version on the executors' machines; python3.N on their PATH unless named
set -eu

PYTHON=${PYTHON:-$PWD/.venv/bin/python}
PACKED=${PACKED:-dist}
if [ ! -f "$PACKED/hoverlake.zip" ] || [ ! -f "$PACKED/packages.made-from" ]; then
    echo "nothing is packed in $PACKED. Run first: sh deploy/cluster/pack.sh $PACKED" >&2
    exit 2
fi
version=$("$PYTHON" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
# The clone that was packed, whatever else is installed: driver and executors must run the same code.
PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH}
SPARK_HOME=${SPARK_HOME:-$("$PYTHON" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')}
export PYTHONPATH SPARK_HOME
java_options=${HOVERLAKE_JAVA_OPTIONS:-$("$PYTHON" -c 'from jobs.io.session import JAVA_OPTIONS; print(JAVA_OPTIONS)')}
jars=$("$PYTHON" -c 'from jobs.io import jars; print(*jars.delta_jars(), *jars.s3_jars(), sep=",")')

# The first -- gives way to the program.
left=$#
program=deploy/cluster/hoverlake.py
while [ "$left" -gt 0 ]; do
    word=$1
    shift
    left=$((left - 1))
    if [ "$word" = -- ] && [ "$program" ]; then
        word=$program
        program=
    fi
    set -- "$@" "$word"
done
if [ "$program" ]; then
    echo "say: sh deploy/cluster/submit.sh OPTIONS OF spark-submit -- WORDS OF hoverlake" >&2
    exit 2
fi

exec "$SPARK_HOME/bin/spark-submit" \
    --name hoverlake \
    --deploy-mode client \
    --jars "$jars" \
    --archives "$PACKED/hoverlake.zip#hoverlake,$PACKED/packages.tar.gz#packages" \
    --conf spark.executorEnv.PYTHONPATH=hoverlake:packages \
    --conf "spark.pyspark.python=${EXECUTOR_PYTHON:-$version}" \
    --conf "spark.pyspark.driver.python=$PYTHON" \
    --conf spark.ui.showConsoleProgress=false \
    --driver-java-options "-Dlog4j2.configurationFile=file:$PWD/jobs/io/log4j2.properties $java_options" \
    "$@"
