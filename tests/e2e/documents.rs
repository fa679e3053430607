//! IAM documents: what `windlass account policy`, `trust` and `cloudformation` print, and what others make of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod applied;
mod chained;
mod checked;
mod named;
mod permissions;
mod templates;
mod trusted;

use crate::installation::{Ended, Installation};
use crate::stored::apply;
use serde_json::Value;

const PRINCIPAL: &str = "arn:aws:iam::111122223333:role/Windlass";

/// Project `web` with an account of each kind, and one of the system.
const ACCOUNTS: &str = "
accounts:
  - {name: audit, accountId: '777788889999', source: ecs-task-role, assumeRole: role/Auditor, externalId: windlass-audit-1}
projects:
  - name: web
    defaultAccount: prod
    accounts:
      - {name: prod, accountId: '444455556666', source: ec2-instance-role, assumeRole: role/ops/Reader,
         externalId: windlass-web-7f3a, regions: [eu-west-1, us-east-1]}
      - {name: china, accountId: '444455556666', source: {profile: china}, assumeRole: role/Reader, partition: aws-cn,
         externalId: windlass-china-1, regions: [cn-north-1]}
      - {name: own, source: ec2-instance-role}
      - {name: open, source: ec2-instance-role, assumeRole: 'arn:aws:iam::444455556666:role/Open'}
  - name: api
    defaultAccount: audit
shell: {path: /usr/bin}
";

const QUERY: &str = "
region: eu-west-1
options: [{name: stage, default: test}]
steps:
  - {id: who, uses: sts/caller-identity}
  - id: lines
    uses: cloudwatch-logs/query
    with: {logGroups: [/web/access, '/web/${{ options.stage }}/error'], query: fields @message}
";

const WHO_IN_CHINA: &str = "steps: [{id: who, uses: sts/caller-identity, account: china}]\n";

fn installation() -> Installation {
    Installation::new(ACCOUNTS)
}

/// One with these jobs stored in the project `web`.
fn stored(jobs: &[(&str, &str)]) -> Installation {
    let installation = installation();
    apply(&installation, jobs);
    installation
}

/// `windlass account ARGUMENTS`, words apart.
fn account(installation: &Installation, arguments: &str) -> Ended {
    let words: Vec<&str> = ["account"].into_iter().chain(arguments.split_whitespace()).collect();
    installation.run(&words)
}

/// The document that it prints; nothing else is on standard output.
#[track_caller]
fn document(installation: &Installation, arguments: &str) -> Value {
    let ended = account(installation, arguments);
    serde_json::from_str(ended.ok()).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}
