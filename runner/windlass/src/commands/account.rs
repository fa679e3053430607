mod add;
mod cloudformation;
mod delete;
mod desk;
mod edit;
mod fields;
mod get;
mod import;
mod list;
mod policy;
mod scope;
mod trust;
mod verify;

use clap::{Args, Subcommand};
use windlass_credentials::explain;
use windlass_errors::exit;
use windlass_settings::{AccountName, ProjectName};

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

#[derive(Subcommand)]
pub(crate) enum Account {
    /// Add an account to the database, for every process that uses it, at once
    ///
    /// It is checked first, together with those that it starts from. Without a source it starts from `managingAccount`. Secrets
    /// are never arguments: they lie in key storage; without `--secret-access-key` a terminal asks for the one of
    /// `--access-key-id` and stores it. An account that a configuration file defines is changed there.
    #[command(after_help = "Examples:\n  \
        windlass account add prod --project web --account-id 444455556666 --assume-role role/windlass-reader\n  \
        windlass account add prod --role-arn arn:aws:iam::444455556666:role/Reader --external-id an-id\n  \
        windlass account add central --source ec2-instance-role --account-id 111122223333 --allowed-project web\n  \
        windlass account add ecs-prod --aws-account prod\n  \
        windlass account add ops --access-key-id AKIAIOSFODNN7EXAMPLE --secret-access-key keys/aws/ops")]
    Add(Box<add::Add>),
    /// Change an account of the database
    ///
    /// What is not given stays. It is checked first, together with those that it starts from and those that start from it.
    /// `--access-key-id` takes `--secret-access-key`: nothing asks for a secret, which `windlass key set` stores before.
    #[command(after_help = "Examples:\n  \
        windlass account edit prod --project web --session-duration 30m\n  \
        windlass account edit prod --project web --unset externalId\n  \
        windlass account edit prod --project web --file prod.yaml")]
    Edit(Box<edit::Edit>),
    /// Print the definition of an account, or its history
    #[command(after_help = "Examples:\n  \
        windlass account get prod --project web\n  \
        windlass account get prod --project web --history")]
    Get(get::Get),
    /// List accounts, where each is defined, and which cannot be used and why
    #[command(after_help = "Examples:\n  \
        windlass account list --project web\n  \
        windlass account list --output json | jq '.[] | select(.problem)'")]
    List(list::List),
    /// Take over the accounts of a clouddriver.yml, or of Rundeck's properties
    ///
    /// Accounts go into the database, secrets in clear into key storage, and what every other key of the file comes to is
    /// told. An account that cannot work is refused with its reason and stops no other.
    #[command(after_help = "Examples:\n  \
        windlass account import --from clouddriver.yml --dry-run\n  \
        windlass account import --from clouddriver.yml\n  \
        windlass account import --from project.properties --project web")]
    Import(import::Import),
    /// Delete an account of the database that nothing uses; its history stays
    #[command(after_help = "Example:\n  windlass account delete prod --project web --yes")]
    Delete(delete::Delete),
    /// Print which account a project gets, hop by hop, and the region rule; or an account of the system
    ///
    /// Nothing is called and no key is read: this says what would be done, and shows no secret.
    #[command(after_help = "Examples:\n  \
        windlass account explain prod --project web --region eu-west-1\n  \
        windlass account explain central")]
    Explain(Explain),
    /// Print the IAM policy that steps need, from what their step types declare
    ///
    /// It is for the role of the account that they use, or for the identity of the account's source if it has none. With
    /// `--caller` it is what the managing identity needs; where roles are assumed one after another, a list with what each
    /// identity that assumes one needs. Expressions stand for anything: there is a `*` in their place.
    #[command(after_help = "Examples:\n  \
        windlass account policy --project web\n  \
        windlass account policy prod --job web/top-errors\n  \
        windlass account policy --job top-errors.yaml --project web --output yaml\n  \
        windlass account policy --plugin cloudwatch-logs\n  \
        windlass account policy --project web --caller")]
    Policy(policy::PolicyArguments),
    /// Print the trust policy of an account's role, or check one
    ///
    /// The role trusts who assumes it: the role of the account that its own starts from, or else `--principal`.
    ///
    /// A check finds whom else a policy lets in: patterns and everybody, and with an account whether its external ID is
    /// really asked for. It ends with exit code 5 when there is something.
    #[command(after_help = "Examples:\n  \
        windlass account trust prod --project web --principal arn:aws:iam::111122223333:role/Windlass\n  \
        windlass account trust --for ec2,ecs-tasks\n  \
        windlass account trust prod --project web --check trust.json\n  \
        aws iam get-role --role-name Reader --query Role.AssumeRolePolicyDocument |\n    \
        windlass account trust prod --project web --check -")]
    Trust(trust::Trust),
    /// Try whether an account is as it should be, hop by hop, at AWS
    ///
    /// Its source gives credentials and its roles can be assumed, all of the AWS accounts that the configuration names; a role
    /// with an external ID is refused without it; whom it trusts and whether it may do what steps declare, where that may be
    /// looked at. It ends with exit code 5 when something fails.
    #[command(after_help = "Examples:\n  \
        windlass account verify prod --project web\n  \
        windlass account verify prod --job web/top-errors --region eu-west-1\n  \
        windlass account verify --all --output json | jq '.[] | select(.valid | not) | .account.name'")]
    Verify(verify::Verify),
    /// Print a CloudFormation template for one side of an account
    ///
    /// The managed side is the role with its trust policy and what the stored jobs need, of the project or of all; the
    /// managing side is a policy that lets Windlass assume it. Where roles are assumed one after another, the managing side has
    /// a policy for each role that assumes the next, and is for the AWS accounts of all of them.
    #[command(after_help = "Examples:\n  \
        windlass account cloudformation prod --project web --side managing > managing.yaml\n  \
        windlass account cloudformation prod --project web --side managed \\\n    \
        --principal arn:aws:iam::111122223333:role/Windlass > managed.yaml")]
    Cloudformation(cloudformation::Cloudformation),
}

#[derive(Args)]
pub(crate) struct Explain {
    /// The account; without `--project` one of the system [default: the project's or the system's default account]
    name: Option<AccountName>,
    /// The project that asks
    #[arg(long)]
    project: Option<ProjectName>,
    /// A region that a step or job would name
    #[arg(long)]
    region: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(crate) async fn run(global: &Global, command: Account) -> Result<u8, Problem> {
    match command {
        Account::Add(arguments) => add::run(global, *arguments).await.map(|()| exit::OK),
        Account::Edit(arguments) => edit::run(global, *arguments).await.map(|()| exit::OK),
        Account::Get(arguments) => get::run(global, arguments).await.map(|()| exit::OK),
        Account::List(arguments) => list::run(global, arguments).await.map(|()| exit::OK),
        Account::Import(arguments) => import::run(global, arguments).await,
        Account::Delete(arguments) => delete::run(global, arguments).await.map(|()| exit::OK),
        Account::Explain(arguments) => explained(global, &arguments).await,
        Account::Policy(arguments) => policy::run(global, &arguments).await,
        Account::Verify(arguments) => verify::run(global, &arguments).await,
        Account::Trust(arguments) => trust::run(global, &arguments).await,
        Account::Cloudformation(arguments) => cloudformation::run(global, &arguments).await,
    }
}

async fn explained(global: &Global, arguments: &Explain) -> Result<u8, Problem> {
    let settings = desk::desk(global).await?.all;
    if arguments.project.is_none() && arguments.name.is_none() && settings.default_account.is_none() {
        return Err(Problem::usage("name an account or a project"));
    }
    let explanation =
        explain(&settings, arguments.project.as_ref(), arguments.name.as_ref(), arguments.region.as_deref())?;
    match arguments.output {
        Listing::Json => show::json(&explanation)?,
        Listing::Table => show::line(explanation.to_string().trim_end())?,
    }
    Ok(exit::OK)
}
