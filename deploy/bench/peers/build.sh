#!/usr/bin/env bash
# Builds the Go peer of the comparison (Benthos 4.27, two minutes the first time) to the path given.
set -euo pipefail
out="$(realpath "$1")"
cd "$(dirname "$0")/benthos"
exec go build -trimpath -ldflags='-s -w' -o "$out" .
