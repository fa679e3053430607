#!/bin/sh
# What people do today: an Insights query with the AWS CLI and jq. One JSON object a row on standard output.
#   insights-cli.sh LOG_GROUP QUERY SECONDS_BACK
set -eu
now=$(date +%s)
query=$(aws logs start-query --log-group-name "$1" --query-string "$2" --start-time $((now - $3)) --end-time "$now" \
    --limit 10000 --query queryId --output text)
while answer=$(aws logs get-query-results --query-id "$query" --output json); do
    case $(printf '%s' "$answer" | jq -r .status) in
    Scheduled | Running) sleep 1 ;;
    Complete) break ;;
    *) echo "the query did not complete" >&2 && exit 1 ;;
    esac
done
printf '%s' "$answer" | jq -c '.results[] | map({key: .field, value: .value}) | from_entries'
