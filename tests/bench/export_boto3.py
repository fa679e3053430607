#!/usr/bin/env python3
"""What people do today: all rows of an Insights query as CSV with boto3, page by page, as many as one query returns.

    export_boto3.py LOG_GROUP QUERY SECONDS_BACK
"""

import csv
import sys
import time

import boto3


def main():
    group, text, back = sys.argv[1:4]
    logs = boto3.client("logs")
    now = int(time.time())
    query = logs.start_query(
        logGroupName=group, queryString=text, startTime=now - int(back), endTime=now, limit=100_000
    )["queryId"]
    answer = logs.get_query_results(queryId=query)
    while answer["status"] in ("Scheduled", "Running"):
        time.sleep(1)
        answer = logs.get_query_results(queryId=query)
    if answer["status"] != "Complete":
        sys.exit(f"the query is {answer['status']}")
    out = None
    while True:
        for cells in answer["results"]:
            row = {cell["field"]: cell["value"] for cell in cells if cell["field"] != "@ptr"}
            if out is None:
                out = csv.DictWriter(sys.stdout, row, lineterminator="\n")
                out.writeheader()
            out.writerow(row)
        if "nextToken" not in answer:
            return
        answer = logs.get_query_results(queryId=query, nextToken=answer["nextToken"])


if __name__ == "__main__":
    main()
