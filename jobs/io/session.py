"""The one Spark session of a process: local by default, or whatever `spark-submit` has already set up."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import InfrastructureFailed, UsageError
from jobs.io import class_archive
from jobs.io.jars import delta_jars, s3_jars
from jobs.io.java import find_java
from jobs.io.s3 import any_on_s3, is_s3, spark_settings

#: A night loads 31,000 classes and runs most of their methods a few times. The first compiler takes them as early as by
#: default, the second one only after ten times as many calls: it still reaches what is hot, without which
#: parsing takes three times as long.
_SECOND_COMPILER = {"Invocation": 50_000, "MinInvocation": 6_000, "Compile": 150_000, "BackEdge": 400_000}
#: What plans queries, compiles their classes and sends tasks is called often, but never for long enough to repay the second
#: compiler, half of whose time it took: ten times as many calls again. Against ten times as many calls for both compilers, two
#: nights each of 4.5 million samples, in turn: 6 and 10 % less processor time of the JVM, 6 and 9 % less of the night; nights
#: of 0.1 million 1 and 11 %. With the second compiler five times later still for everything, landing took 98 s instead of 71.
_NOT_HOT = ("org/codehaus/*.*", "org/antlr/*.*", "java/io/Object*.*", "org/apache/spark/sql/catalyst/analysis/*.*")
JAVA_OPTIONS = " ".join(
    ["-XX:+UseParallelGC", "-XX:CompileCommand=quiet"]
    + [f"-XX:Tier4{what}Threshold={calls}" for what, calls in _SECOND_COMPILER.items()]
    + [f"-XX:CompileCommand=CompileThresholdScaling,{methods},10.0" for methods in _NOT_HOT]
)
#: Stored bytes of raw files (some 1.5 million samples) below which Spark compiles nothing for a night: measured on one million,
#: it takes a fifth less of the JVM's processor time; on 4.5 million what is saved in compiling is lost in interpreting.
SMALL_INPUT_BYTES = 16 * 1024 * 1024
#: Stored bytes of raw files (about 100 page views) below which a shuffle has one partition.
ONE_PARTITION_BYTES = 256 * 1024
#: Stored bytes of new raw files (some five million samples) behind one partition of a shuffle.
SHUFFLED_INPUT_BYTES = 48 * 1024 * 1024
#: Says of a session that `start_session` made whether it has the jars of S3; one that was there before has no such word.
MADE_FOR_S3 = "spark.hoverlake.madeForS3"
#: Shuffle partitions of a night that is not small, where others than this machine's cores do the work.
CLUSTER_PARTITIONS = "spark.hoverlake.shufflePartitions"
#: "true": page views are gone over by Spark, however few they are, and nowhere but in what it has read.
SPREAD = "spark.hoverlake.spread"
_PARTITIONS = "spark.sql.shuffle.partitions"
#: Each session its own metastore, kept in memory: two nights on one machine must not share a folder.
_METASTORE = {"spark.sql.catalogImplementation": "in-memory"}
_JAVA_OPTIONS = "spark.driver.extraJavaOptions"
LOG_CONFIGURATION = Path(__file__).with_name("log4j2.properties")

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def _settings() -> dict[str, str]:
    return {
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        # All dates and instants are UTC, whatever the machine thinks.
        "spark.sql.session.timeZone": "UTC",
        # 50 by default: on few cores every commit then takes seconds instead of tenths.
        "spark.databricks.delta.snapshotPartitions": "1",
        # Delta lists folders with as many tasks when it vacuums: 10,000 by default.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "16",
        # Vacuum would add versions that no release pins.
        "spark.databricks.delta.vacuum.logging.enabled": "false",
        # Merging schemas silently would hide a changed contract.
        "spark.databricks.delta.schema.autoMerge.enabled": "false",
        # INT96, the default, is read differently by other engines.
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.parquet.compression.codec": "zstd",
        # Beacons are wide; the kernel gathers its own batches by bytes.
        "spark.sql.execution.arrow.maxRecordsPerBatch": "1000",
        # gz and zstd are not split, small files share a task: opening one costs what 128 kB do, not the 4 MB of the default.
        "spark.sql.files.openCostInBytes": str(128 * 1024),
        "spark.sql.files.maxPartitionBytes": str(48 * 1024 * 1024),
        # A truncated gzip must stop the night, never shorten it.
        "spark.sql.files.ignoreCorruptFiles": "false",
        "spark.sql.files.ignoreMissingFiles": "false",
        # Remembering the source line of every column costs several round trips to the JVM: measured, half of a small night.
        "spark.python.sql.dataFrameDebugging.enabled": "false",
        "spark.sql.dataFrameQueryContext.enabled": "false",
        # 100 by default: a night makes some hundreds of classes, and compiling them is nearly half of a small one.
        "spark.sql.codegen.cache.maxEntries": "5000",
        # 64 MB by default, taken and zeroed anew by every sort and every aggregation of every task, however few its rows:
        # measured with 2 MB, half of a small night's garbage collection.
        "spark.buffer.pageSize": "4m",
    }


def _process_settings() -> dict[str, str]:
    """What only a session that we start ourselves can be given."""
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": os.environ.get("HOVERLAKE_DRIVER_MEMORY", "3g"),
        "spark.driver.host": "localhost",
        "spark.driver.bindAddress": "127.0.0.1",
        _JAVA_OPTIONS: f"-Dlog4j2.configurationFile=file:{LOG_CONFIGURATION} {os.environ.get('HOVERLAKE_JAVA_OPTIONS', JAVA_OPTIONS)}",
        _PARTITIONS: str(own_partitions()),
        **_METASTORE,
    }


def own_partitions(raw_bytes: int = 0) -> int:
    """Partitions of a shuffle on this machine, a multiple of its cores: a night ten times as large has ten times as many,
    not larger ones."""
    cores = os.cpu_count() or 2
    return cores * max(2, math.ceil(raw_bytes / SHUFFLED_INPUT_BYTES / cores))


def start_session(app_name: str = "hoverlake", uris: Sequence[str] = (), metastore: Path | None = None) -> SparkSession:
    """The process's session, made at the first call; able to read and write `uris`. Under `spark-submit` and on
    Databricks it runs as it was set up there. With `metastore` its catalog is the Hive metastore in that folder, made if it
    is not there: else one in memory.

    UsageError if MASTER names a cluster. InfrastructureFailed without Java or jars, or if the session was made before by this function without the jars of
    S3 and a URI needs them: a JVM that runs takes no more of them.
    """
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return _cluster_session()
    # Names the JVM that spark-submit has started and waits for this process.
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return _submitted_session()
    from pyspark.sql import SparkSession

    needs_s3 = any_on_s3(uris)
    present = SparkSession.getActiveSession()
    if present and metastore is not None:
        raise InfrastructureFailed(
            f"this process's Spark session has a catalog already, and not that of {metastore}. Run it in a process of its own."
        )
    made_for_s3 = present.conf.get(MADE_FOR_S3, None) if present else None
    if needs_s3 and made_for_s3 == "false":
        raise InfrastructureFailed(
            "this process's Spark session was started without the jars of S3, and "
            f"{next(filter(is_s3, uris))} needs them. Run it in a process of its own, or start the session with this URI."
        )
    if present and made_for_s3:
        return present
    return _own_session(app_name, needs_s3, metastore)


def is_own(spark: SparkSession) -> bool:
    """Whether this process has started the session: then its workers are on this machine, with its environment."""
    return spark.conf.get(MADE_FOR_S3, None) is not None


def is_spread(spark: SparkSession) -> bool:
    """Whether everything is Spark's to do."""
    return spark.conf.get(SPREAD, "false") == "true"


def _hive(folder: Path | None) -> tuple[dict[str, str], str]:
    """Settings and Java's options of a Hive metastore in a folder, for one process at a time: its database is embedded."""
    if folder is None:
        return {}, ""
    home = folder.absolute()
    settings = {
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={home / 'metastore_db'};create=true",
        # Tables of the metastore itself are made at the first use.
        "spark.hadoop.datanucleus.schema.autoCreateAll": "true",
        "spark.hadoop.hive.metastore.schema.verification": "false",
    }
    # Its log, too, belongs there and not where the command was given.
    return settings, f'"-Dderby.system.home={home}"'


def _own_session(app_name: str, needs_s3: bool, metastore: Path | None) -> SparkSession:
    """A session in a JVM that we start, all its workers on this machine (local-cluster[...] included)."""
    from pyspark.sql import SparkSession

    master = os.environ.get("MASTER", "local")
    if not master.startswith("local"):
        raise UsageError(
            f"MASTER is {master}: executors on other machines need the project sent along. Submit the night: "
            "sh deploy/cluster/submit.sh (docs/cluster.md), or unset MASTER to run it here."
        )
    java = find_java()
    os.environ["JAVA_HOME"] = str(java.path)
    # Otherwise workers take the system's python, which lacks our packages.
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName(app_name)
    if "SPARK_REMOTE" not in os.environ and "MASTER" not in os.environ:
        builder = builder.master("local[*]")
    jars = delta_jars() + (s3_jars() if needs_s3 else [])
    own, derby = _hive(metastore)
    own |= {MADE_FOR_S3: str(needs_s3).lower(), "spark.jars": ",".join(str(jar) for jar in jars)}
    words = class_archive.java_options(java, delta_jars())
    if words:
        own["spark.driver.extraClassPath"] = os.pathsep.join(map(str, delta_jars()))
    own[_JAVA_OPTIONS] = " ".join(filter(None, (_process_settings()[_JAVA_OPTIONS], words, derby)))
    for name, value in {**_settings(), **_process_settings(), **(spark_settings() if needs_s3 else {}), **own}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _submitted_session() -> SparkSession:
    """A session in the JVM that waits for this process: master, jars, memory and Python are `spark-submit`'s business,
    and of our settings those that it was given there stay as given."""
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    # Without the JVM a SparkConf is empty, and what was submitted would be overruled unseen.
    SparkContext._ensure_initialized()
    given = dict(SparkConf().getAll())
    builder = SparkSession.builder
    for name, value in {**_settings(), **_METASTORE, **spark_settings()}.items():
        if name not in given:
            builder = builder.config(name, value)
    return _with_partitions_kept(builder.getOrCreate())


def _cluster_session() -> SparkSession:
    """The session that the platform has started; of our settings it takes those that may change while it runs."""
    from pyspark.sql import SparkSession

    session = SparkSession.builder.getOrCreate()
    for name, value in _settings().items():
        if session.conf.isModifiable(name):
            session.conf.set(name, value)
    return _with_partitions_kept(session)


def _with_partitions_kept(session: SparkSession) -> SparkSession:
    """The session; it notes how many shuffle partitions the cluster's owner wants: this machine's cores say nothing."""
    if session.conf.get(CLUSTER_PARTITIONS, None) is None:
        session.conf.set(CLUSTER_PARTITIONS, str(session.conf.get(_PARTITIONS)))
    return session


def suit_input(spark: SparkSession, raw_bytes: int) -> None:
    """Settings that depend on how much there is to do, told as stored bytes of raw files; the session may have done
    other work before."""
    is_small = raw_bytes < SMALL_INPUT_BYTES
    # Planning and compiling, not data, is what a small night is made of; each task makes the text of its classes anew.
    spark.conf.set("spark.sql.adaptive.enabled", str(not is_small).lower())
    spark.conf.set("spark.sql.codegen.wholeStage", str(not is_small).lower())
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN" if is_small else "FALLBACK")
    spark.conf.set(_PARTITIONS, _partitions(spark, raw_bytes))


def _partitions(spark: SparkSession, raw_bytes: int) -> str:
    """Partitions of a shuffle: what a cluster's owner wants holds for nights that are not small."""
    if raw_bytes < ONE_PARTITION_BYTES:
        return "1"
    own = str(own_partitions(raw_bytes))
    return own if raw_bytes < SMALL_INPUT_BYTES else str(spark.conf.get(CLUSTER_PARTITIONS, own))
