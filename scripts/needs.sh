#!/usr/bin/env bash
# Installs what the integration tests use: PostgreSQL and Chromium from the
# distribution where we are root and apt-get is there, Python readers of Parquet
# in a virtual environment. Whatever cannot be had is said, and its tests skip.
set -u
cd "$(dirname "$0")/.."

have_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; }
have_chromium() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }

want=()
have_postgres || want+=(postgresql)
have_chromium || want+=(chromium fonts-dejavu-core)
python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || want+=(python3 python3-venv)
if [ ${#want[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing ${want[*]}"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${want[@]}"; } >/dev/null 2>&1 ||
      echo "could not install ${want[*]}: their tests are skipped"
  else
    echo "not installed and not root: ${want[*]}: their tests are skipped"
  fi
fi

venv=.venv
stamp=$venv/.readers-$(cksum <scripts/requirements.txt | cut -d' ' -f1)
if [ ! -e "$stamp" ]; then
  if command -v python3 >/dev/null 2>&1 && python3 -m venv "$venv" >/dev/null 2>&1 &&
    "$venv/bin/pip" install -q --disable-pip-version-check -r scripts/requirements.txt; then
    touch "$stamp"
  else
    echo "no Python readers: tests that compare with pyarrow, DuckDB, Polars and datasets are skipped"
    rm -rf "$venv"
  fi
fi
