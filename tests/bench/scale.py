"""Where the limit lies for a number of members and jobs, from what was measured; docs/scale.md has the figures.

    python3 tests/bench/scale.py --members 100 --jobs-per-second 20 --log-kib 64

Every constant can be measured again: `cargo bench-all` for jobs, `pg_stat_database` and /proc for members that wait.
"""

import argparse

# A member that waits: transactions a second, seconds of the database's CPU a second, connections that it keeps.
IDLE_TRANSACTIONS = 4.0
IDLE_DATABASE = 0.0025
CONNECTIONS = 8
# A job of one step that does nothing: what the member and its host take, and what the database takes, in seconds of CPU. A
# busy member records several jobs in one transaction, and the database takes at most 0.0035 for each.
MEMBER_CPU = 0.0054
DATABASE_CPU = 0.0048
# Each further member that looks at the same queue, as a part of what a job costs a member.
CONTENTION = 0.06
# Of a member that has little to do.
COMMITS = 3
# Logs are compressed before they are stored; access-log lines come to a tenth.
PACKED = 0.1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=3)
    parser.add_argument("--jobs-per-second", type=float, default=10)
    parser.add_argument("--log-kib", type=float, default=16, help="of one job, before it is compressed")
    given = parser.parse_args()
    members, jobs = given.members, given.jobs_per_second
    database = members * IDLE_DATABASE + jobs * DATABASE_CPU
    member = jobs * MEMBER_CPU * (1 + CONTENTION * min(members - 1, 3))
    rows = [
        ("cores of the database", f"{database:.2f}", f"{members * IDLE_DATABASE:.2f} for members that look"),
        ("connections of the database", f"{members * CONNECTIONS}", "`database.maxConnections` bounds each member's"),
        ("commits a second", f"{jobs * COMMITS:.0f}", "each waits for the database's disk"),
        ("queries of members that wait, a second", f"{members * IDLE_TRANSACTIONS:.0f}", ""),
        ("cores of all members together", f"{member:.2f}", "without what the steps themselves do"),
        ("MiB of logs stored a day", f"{jobs * given.log_kib * PACKED * 86400 / 1024:.0f}", "compressed"),
    ]
    print(f"{members} members, {jobs:g} jobs a second, {given.log_kib:g} KiB of log each")
    for what, value, note in rows:
        print(f"  {what:<40} {value:>10}  {note}")


if __name__ == "__main__":
    main()
