#!/bin/sh
# Puts hoverlake on a cluster's nodes. Spark, Delta, pandas, numpy and pyarrow are the cluster's own: of the project's
# dependencies only the others are installed, at the versions of setup.cfg.
set -eu

FILES=/Volumes/main/hoverlake/deploy
PIP=/databricks/python/bin/pip

$PIP install --no-deps "$FILES"/hoverlake-*.whl
$PIP install --constraint "$FILES/constraints.txt" \
    great_expectations==1.24.1 obstore==0.12.1 deltalake==1.6.6 duckdb==2.0.0 typer==0.29.2 rich==15.0.0 prompt_toolkit==3.0.53 \
    pydantic==2.14.3 matplotlib==3.11.2 pillow==13.0.0 jinja2==3.1.6 markupsafe==3.0.4 markdown-it-py==4.3.0 \
    ruamel-yaml==0.19.1 crawler-user-agents==1.67.0 starlette==1.10.0 uvicorn==0.54.0
