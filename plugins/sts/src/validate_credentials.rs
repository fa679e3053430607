use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::frames::{Finding, Verified};
use windlass_plugin_api::{Cell, Context, Step, StepError, StepInfo};

/// Tries the step's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ValidateCredentials {
    /// Ask for roles without their external IDs too. That must be refused, and it is seen in `CloudTrail`.
    external_id_check: bool,
    /// Fail when something is not as it should be. Otherwise `valid` says so.
    fail_on_findings: bool,
}

impl Default for ValidateCredentials {
    fn default() -> Self {
        Self { external_id_check: true, fail_on_findings: true }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validated {
    /// Whether nothing failed.
    valid: bool,
    /// The twelve digits of the AWS account, when the way to it could be gone.
    account_id: Option<String>,
    /// The ARN of the role session or user, then.
    arn: Option<String>,
    /// What each check found, in their order.
    findings: Vec<Found>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The source by its name, or a role by its ARN.
    hop: String,
    /// The account whose source or role that is.
    account: String,
    /// Which check.
    check: String,
    /// `ok`, `warning`, `failed` or `skipped`.
    result: String,
    /// What was found.
    what: String,
    /// What to do about it.
    remedy: Option<String>,
}

impl Step for ValidateCredentials {
    const INFO: StepInfo = StepInfo {
        name: "validate-credentials",
        title: "Validate the account",
        description: "Has the runner try the step's account as `windlass account verify` does: whose credentials the source \
                      gives, each role, that a role is refused without its external ID, whom it trusts, and whether it may \
                      do what the other steps of the job declare.",
        actions: &["sts:GetCallerIdentity"],
        needs_account: true,
        verifies_account: true,
        repeatable: true,
        example: "failOnFindings: false\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Validated;

    async fn run(self, context: Context) -> Result<Validated, StepError> {
        if self.external_id_check {
            context.info(
                "asking STS for roles without their external IDs too; that must be refused and shows in CloudTrail",
            );
        }
        let verified = context.or_cancelled(context.verify(self.external_id_check)).await??;
        let mut table = context.table("findings", COLUMNS.map(str::to_owned).to_vec());
        for Finding { hop, account, check, result, what, remedy } in &verified.findings {
            let cells = [account, hop, check, result, what].map(|text| Cell::Text(text));
            table.row(cells.into_iter().chain([remedy.as_deref().map_or(Cell::Null, Cell::Text)]));
        }
        let validated = Validated::of(verified);
        if self.fail_on_findings && !validated.valid {
            return Err(StepError::new(
                "sts.not-valid",
                "the account is not as it should be; see the table of findings",
            ));
        }
        Ok(validated)
    }
}

const COLUMNS: [&str; 6] = ["account", "hop", "check", "result", "what", "remedy"];

impl Validated {
    fn of(verified: Verified) -> Self {
        let Verified { account_id, arn, findings } = verified;
        let valid = findings.iter().all(|finding| finding.result != "failed");
        let found = |Finding { hop, account, check, result, what, remedy }: Finding| Found {
            hop,
            account,
            check,
            result,
            what,
            remedy,
        };
        Self { valid, account_id, arn, findings: findings.into_iter().map(found).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(result: &str) -> Finding {
        let text = |text: &str| text.to_owned();
        let (hop, account, check) = (text("ec2-instance-role"), text("prod"), text("caller"));
        Finding { hop, account, check, result: text(result), what: text("it is"), remedy: None }
    }

    #[test]
    fn only_what_failed_makes_it_invalid() {
        let valid = |results: &[&str]| {
            let findings = results.iter().map(|result| finding(result)).collect();
            Validated::of(Verified { account_id: None, arn: None, findings }).valid
        };
        assert!(valid(&["ok", "warning", "skipped"]));
        assert!(!valid(&["ok", "failed"]));
    }

    #[test]
    fn it_checks_and_fails_unless_told_otherwise() {
        let read = |text| serde_json::from_str::<ValidateCredentials>(text);
        assert_eq!(read("{}").unwrap(), ValidateCredentials { external_id_check: true, fail_on_findings: true });
        assert!(!read(r#"{"failOnFindings": false}"#).unwrap().fail_on_findings);
        assert!(read(r#"{"account": "other"}"#).is_err());
    }
}
