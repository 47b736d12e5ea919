#!/usr/bin/env bash
# Builds the example service and sizes it. Usage: demo.sh PATH-TO-kubectl-memfit
set -euo pipefail
memfit=$(realpath "${1:?usage: demo.sh PATH-TO-kubectl-memfit}")
cd "$(dirname "$0")/sales-api"
go build -o sales-api .
exec "$memfit" recommend --local --port 3000 --load 'hey -n 1000 -c 10 {url}/v1/users' -- ./sales-api
