use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::json;
use windlass_credentials::{Identity, Service, TrustPolicy, chain, services_trust, trust};
use windlass_errors::{Report, exit};
use windlass_settings::{Account, AccountName, Partition, ProjectName};

use super::desk::desk;
use super::scope::account;
use crate::arguments::{Document, Global};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Args)]
pub(crate) struct Trust {
    /// The account; without `--project` one of the system [default: the project's default account]
    name: Option<AccountName>,
    /// The project that uses it
    #[arg(long)]
    project: Option<ProjectName>,
    /// Whom to trust: the ARN of the role or user that Windlass authenticates as, or its account's twelve digits [default:
    /// the role before, of an account that starts from one with a role]
    #[arg(long, value_name = "ARN", value_parser = Identity::parse)]
    principal: Option<Identity>,
    /// Print the trust policy of a role that these take; with `--principal`, for tasks of its AWS account only
    #[arg(long = "for", value_name = "SERVICE", value_delimiter = ',', conflicts_with = "check")]
    services: Vec<ServiceName>,
    /// The partition of that role [default: the account's, else aws]
    #[arg(long, requires = "services", value_parser = partition)]
    partition: Option<Partition>,
    /// Check a trust policy instead; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "principal")]
    check: Option<PathBuf>,
    /// How to print it [default: json; of a check words]
    #[arg(long, value_enum)]
    output: Option<Document>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ServiceName {
    /// An instance of EC2
    Ec2,
    /// Tasks of ECS
    EcsTasks,
    /// The scheduler of a service of ECS
    EcsService,
    /// What scales a service of ECS
    EcsAutoscaling,
}

impl From<ServiceName> for Service {
    fn from(name: ServiceName) -> Self {
        match name {
            ServiceName::Ec2 => Self::Ec2,
            ServiceName::EcsTasks => Self::EcsTasks,
            ServiceName::EcsService => Self::EcsService,
            ServiceName::EcsAutoscaling => Self::EcsAutoscaling,
        }
    }
}

fn partition(text: &str) -> Result<Partition, String> {
    Partition::parse(text).ok_or_else(|| format!("it is one of `{}`", Partition::NAMES.join("`, `")))
}

pub(super) async fn run(global: &Global, arguments: &Trust) -> Result<u8, Problem> {
    // A policy that is for no account needs no database.
    let settings = match (&arguments.name, &arguments.project) {
        (None, None) => setup::configuration(global)?.settings,
        _ => desk(global).await?.all,
    };
    let account = account(&settings, arguments.project.as_ref(), arguments.name.as_ref())?;
    if let Some(file) = &arguments.check {
        return check(file, account, arguments.output);
    }
    let policy = if arguments.services.is_empty() {
        let account = account.ok_or_else(|| Problem::usage("name an account, a project, `--for` or `--check`"))?;
        trust(&chain(&settings, account)?, arguments.principal.as_ref())?
    } else {
        let services: BTreeSet<Service> = arguments.services.iter().copied().map(Service::from).collect();
        let of_account = account.and_then(|account| account.role.as_ref()).map(|role| role.arn.partition());
        let partition = arguments.partition.or(of_account).unwrap_or(Partition::Aws);
        services_trust(services, partition, arguments.principal.as_ref().map(Identity::account))
    };
    show::document(&policy, arguments.output.unwrap_or_default())?;
    Ok(exit::OK)
}

fn check(file: &Path, account: Option<&Account>, output: Option<Document>) -> Result<u8, Problem> {
    let (what, bytes) = read(file)?;
    let findings = TrustPolicy::read(&what, &bytes)?.findings(account);
    if let Some(output) = output {
        show::document(&json!({ "safe": findings.is_empty(), "findings": findings }), output)?;
    }
    match Problem::several(findings.iter().map(|finding| finding as &dyn Report)) {
        Some(problem) => Err(problem),
        None => {
            show::talk(format_args!("{what} lets in nobody but those whom it names{}", with_external_id(account)));
            Ok(exit::OK)
        }
    }
}

fn with_external_id(account: Option<&Account>) -> &'static str {
    match account.and_then(|account| account.role.as_ref()).and_then(|role| role.external_id.as_ref()) {
        Some(_) => ", with the account's external ID only",
        None => "; no account with an external ID was named, so none was looked for",
    }
}

/// What errors call it, and its bytes.
fn read(file: &Path) -> Result<(String, Vec<u8>), Problem> {
    let mut bytes = Vec::new();
    let (what, read) = if file == Path::new("-") {
        ("standard input".to_owned(), std::io::stdin().lock().take(LONGEST).read_to_end(&mut bytes))
    } else {
        let open = std::fs::File::open(file);
        (format!("`{}`", file.display()), open.and_then(|open| open.take(LONGEST).read_to_end(&mut bytes)))
    };
    match read {
        Ok(_) => Ok((what, bytes)),
        Err(error) => Err(Problem::coded("account.document-unreadable", format!("cannot read {what}: {error}"))),
    }
}

/// More than any policy has; what is longer is refused by its length.
const LONGEST: u64 = 1 << 20;
