#!/usr/bin/env python3
"""What people do today: an Insights query with boto3. One JSON object a row on standard output.

    insights_boto3.py LOG_GROUP QUERY SECONDS_BACK
"""

import json
import sys
import time

import boto3


def main():
    group, text, back = sys.argv[1:4]
    logs = boto3.client("logs")
    now = int(time.time())
    query = logs.start_query(
        logGroupName=group, queryString=text, startTime=now - int(back), endTime=now, limit=10_000
    )
    answer = logs.get_query_results(queryId=query["queryId"])
    while answer["status"] in ("Scheduled", "Running"):
        time.sleep(1)
        answer = logs.get_query_results(queryId=query["queryId"])
    if answer["status"] != "Complete":
        sys.exit(f"the query is {answer['status']}")
    for row in answer["results"]:
        sys.stdout.write(json.dumps({cell["field"]: cell["value"] for cell in row}) + "\n")


if __name__ == "__main__":
    main()
