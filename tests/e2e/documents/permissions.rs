//! Minimal policies of the steps in use.

use super::{QUERY, WHO_IN_CHINA, account, document, installation, stored};
use crate::installation::assert_names;
use serde_json::json;

#[test]
fn the_policy_of_a_job_names_its_log_groups() {
    let group = |name: &str| format!("arn:aws:logs:eu-west-1:444455556666:log-group:{name}");
    // What an expression comes to may be a pattern, which is looked up.
    let everywhere = ["logs:DescribeLogGroups", "logs:GetQueryResults", "logs:StopQuery", "sts:GetCallerIdentity"];
    let wanted = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": everywhere, "Resource": "*"},
        {"Effect": "Allow", "Action": "logs:StartQuery", "Resource": [
            group("/web/*/error"), group("/web/*/error:*"), group("/web/access"), group("/web/access:*"),
        ]},
    ]});
    let installation = stored(&[("query", QUERY)]);
    assert_eq!(document(&installation, "policy --job web/query"), wanted);
    assert_eq!(document(&installation, "policy --project web"), wanted);
    let file = installation.folder().join("jobs/query.yaml");
    let of_file = format!("policy --project web --job {}", file.display());
    assert_eq!(document(&installation, &of_file), wanted);
    let yaml = account(&installation, "policy --project web --output yaml");
    assert_names(yaml.ok(), &["Version: ", "Statement:", "logs:StartQuery"]);
    assert_eq!(yaml.stderr, "");
}

#[test]
fn log_groups_are_listed_only_for_patterns() {
    let actions = |group: &str| {
        let with = format!("{{logGroups: ['{group}'], query: fields @message}}");
        let step = format!("steps:\n  - {{uses: cloudwatch-logs/query, region: eu-west-1, with: {with}}}\n");
        document(&stored(&[("logs", &step)]), "policy --job web/logs")["Statement"].clone()
    };
    let without = json!(["logs:GetQueryResults", "logs:StopQuery"]);
    assert_eq!(actions("/web")[0], json!({"Effect": "Allow", "Action": without, "Resource": "*"}));
    let pattern = actions("/web/*");
    let with = json!(["logs:DescribeLogGroups", "logs:GetQueryResults", "logs:StopQuery"]);
    assert_eq!(pattern[0], json!({"Effect": "Allow", "Action": with, "Resource": "*"}));
    let arns = ["", ":*"].map(|end| format!("arn:aws:logs:eu-west-1:444455556666:log-group:/web/*{end}"));
    assert_eq!(pattern[1]["Resource"], json!(arns));
}

#[test]
fn steps_of_log_groups_need_their_own_group_only() {
    let step =
        |name: &str, with: &str| format!("  - {{uses: cloudwatch-logs/{name}, region: eu-west-1, with: {with}}}\n");
    let policy = |step: String| document(&stored(&[("logs", &format!("steps:\n{step}"))]), "policy --job web/logs");
    let arn = |end: &str| format!("arn:aws:logs:eu-west-1:444455556666:log-group:/web{end}");
    let (group, streams) = (json!([arn(""), arn(":*")]), json!(arn(":log-stream:*")));
    let put = policy(step("put-events", "{logGroup: /web, logStream: s, events: [a]}"));
    assert_eq!(put["Statement"][0], json!({"Effect": "Allow", "Action": "logs:CreateLogStream", "Resource": group}));
    assert_eq!(put["Statement"][1], json!({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": streams}));
    let create = policy(step("create-log-group", "{name: /web}"));
    let actions = ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"];
    assert_eq!(create["Statement"], json!([{"Effect": "Allow", "Action": actions, "Resource": group}]));
    let tail = policy(step("tail", "{logGroups: [/web]}"));
    assert_eq!(tail["Statement"], json!([{"Effect": "Allow", "Action": "logs:FilterLogEvents", "Resource": group}]));
}

#[test]
fn a_saved_query_may_ask_any_log_group_unless_the_step_names_them() {
    let policy = |with: &str| {
        let step = format!("{{uses: cloudwatch-logs/saved-query, region: eu-west-1, with: {with}}}");
        document(&stored(&[("saved", &format!("steps: [{step}]\n"))]), "policy --job web/saved")
    };
    let everywhere = ["DescribeQueryDefinitions", "GetQueryResults", "StartQuery", "StopQuery"];
    let everywhere = everywhere.map(|action| format!("logs:{action}"));
    let own = json!([{"Effect": "Allow", "Action": everywhere, "Resource": "*"}]);
    assert_eq!(policy("{name: slow}")["Statement"], own);
    let group = "arn:aws:logs:eu-west-1:444455556666:log-group:/web";
    let named = &policy("{name: slow, logGroups: [/web]}")["Statement"];
    assert_eq!(named[1]["Action"], "logs:StartQuery");
    assert_eq!(named[1]["Resource"], json!([group, format!("{group}:*")]));
}

#[test]
fn a_job_that_runs_another_needs_what_that_needs() {
    let other = "steps: [{id: all, job: {name: query}}]\n";
    let installation = stored(&[("query", QUERY), ("nightly", other)]);
    let nightly = document(&installation, "policy --job web/nightly");
    assert_eq!(nightly, document(&installation, "policy --job web/query"));
}

#[test]
fn a_step_that_may_run_in_several_regions_needs_its_resources_in_each() {
    let job = "options: [{name: where, default: eu-west-1}]\nsteps:\n  - {id: lines, uses: cloudwatch-logs/query, \
               region: '${{ options.where }}', with: {logGroups: [/web], query: fields @message}}\n";
    let installation = stored(&[("anywhere", job)]);
    let policy = document(&installation, "policy --project web");
    let arn = |region: &str, end: &str| format!("arn:aws:logs:{region}:444455556666:log-group:/web{end}");
    let everywhere = [arn("eu-west-1", ""), arn("eu-west-1", ":*"), arn("us-east-1", ""), arn("us-east-1", ":*")];
    assert_eq!(policy["Statement"][1]["Resource"], json!(everywhere));
}

#[test]
fn each_account_has_a_policy_of_its_own() {
    let installation = stored(&[("china", WHO_IN_CHINA), ("query", QUERY)]);
    let several = account(&installation, "policy --project web");
    let error = several.failed(5, "account.document-incomplete");
    assert_names(error, &["`china` of project `web`", "name one: ", "`prod` of project `web`"]);
    assert_eq!(several.stdout, "");
    let china = document(&installation, "policy china --project web");
    let only = json!([{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]);
    assert_eq!(china["Statement"], only);
    assert_ne!(document(&installation, "policy prod --project web"), china);
    let unused = account(&installation, "policy own --project web");
    assert_names(unused.failed(5, "account.document-empty"), &["`own`", "`china` of project `web`"]);
}

#[test]
fn a_step_whose_account_is_an_expression_may_use_each_of_the_listed() {
    let job = "accounts: [china, own]\noptions: [{name: which, default: china}]\n\
               steps: [{id: who, uses: sts/caller-identity, account: '${{ options.which }}'}]\n";
    let installation = stored(&[("any", job)]);
    let several = account(&installation, "policy --job web/any");
    assert_names(several.failed(5, "account.document-incomplete"), &["`china` of", "`own` of"]);
}

#[test]
fn the_policy_of_a_plugin_has_all_that_its_steps_declare() {
    let installation = installation();
    let actions = [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeQueryDefinitions",
        "logs:FilterLogEvents",
        "logs:GetQueryResults",
        "logs:PutLogEvents",
        "logs:PutRetentionPolicy",
        "logs:StartQuery",
        "logs:StopQuery",
        "logs:TagResource",
    ];
    let wanted = json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}]);
    assert_eq!(document(&installation, "policy --plugin cloudwatch-logs")["Statement"], wanted);
    account(&installation, "policy --plugin shell").failed(5, "account.document-empty");
    account(&installation, "policy --plugin cloudwatch-lgos").failed(7, "plugin.not-found");
}

#[test]
fn a_step_type_that_declares_nothing_is_told() {
    let job = "steps: [{id: leak, uses: misbehave/leak, with: {channel: log}}, {id: who, uses: sts/caller-identity}]\n";
    let installation = stored(&[("leak", job)]);
    let ended = account(&installation, "policy --project web");
    assert_names(ended.ok(), &["sts:GetCallerIdentity"]);
    assert_names(&ended.stderr, &["step type `misbehave/leak` says nothing about what it does at AWS"]);
}

#[test]
fn nothing_needed_is_said_and_no_empty_policy_printed() {
    let installation = stored(&[("local", "steps: [{id: list, uses: shell/command, with: {command: [ls]}}]\n")]);
    for scope in ["--project web", "--job web/local", "--project web --caller"] {
        let ended = account(&installation, &format!("policy {scope}"));
        ended.failed(5, "account.document-empty");
        assert_eq!(ended.stdout, "");
    }
    account(&installation, "policy --job web/lcoal").failed(4, "job.unknown");
    account(&installation, "policy --project wbe").failed(3, "project.unknown");
    assert_eq!(account(&installation, "policy").code, Some(2));
    assert_eq!(account(&installation, "policy --job local").code, Some(2));
}

#[test]
fn the_caller_may_assume_the_roles_in_use_and_no_other() {
    let installation = stored(&[("query", QUERY)]);
    let statement = |resource: &str| json!([{"Sid": "Windlass", "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": resource}]);
    let prod = statement("arn:aws:iam::444455556666:role/ops/Reader");
    assert_eq!(document(&installation, "policy --project web --caller")["Statement"], prod);
    let open = document(&installation, "policy open --project web --caller");
    assert_eq!(open["Statement"], statement("arn:aws:iam::444455556666:role/Open"), "no job uses it yet");
    let own = account(&installation, "policy own --project web --caller");
    assert_names(own.failed(5, "account.document-incomplete"), &["`own`", "assumes no role", "`assumeRole`"]);
}

#[test]
fn accounts_of_several_identities_are_told() {
    let installation = stored(&[("china", WHO_IN_CHINA), ("query", QUERY)]);
    let ended = account(&installation, "policy --project web --caller");
    assert_names(
        ended.ok(),
        &["arn:aws-cn:iam::444455556666:role/Reader", "arn:aws:iam::444455556666:role/ops/Reader"],
    );
    assert_names(&ended.stderr, &["different identities (ec2-instance-role, profile)", "with the name of an account"]);
}
