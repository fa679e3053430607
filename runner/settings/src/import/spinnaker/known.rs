//! The keys that Spinnaker knows, and what those that mean nothing here do there.
//!
//! From clouddriver's `AccountsConfiguration`, `CredentialsConfig`, `AwsConfigurationProperties` and
//! `ECSCredentialsConfig`, and what Halyard writes beside them.

/// A key that Spinnaker knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// The key.
    pub(super) key: &'static str,
    /// What it does there, for when it is not used here.
    pub(super) there: &'static str,
    /// The keys below it, when they are looked at one by one.
    pub(super) below: &'static [Known],
    /// Whether an account without it is another one, or somebody else's: a slip in its name must not pass for a stranger.
    pub(super) decides: bool,
}

const fn key(key: &'static str, there: &'static str) -> Known {
    Known { key, there, below: &[], decides: false }
}

const fn keys(key: &'static str, below: &'static [Known]) -> Known {
    Known { key, there: "groups settings of Spinnaker", below, decides: false }
}

const fn decides(known: Known) -> Known {
    Known { decides: true, ..known }
}

const SUBNET: &str = "is about where Spinnaker places instances";
const HOOKS: &str = "is about lifecycle hooks that Spinnaker gives to auto scaling groups";
const GROUPS: &str = "is the security groups of instances that Spinnaker starts";
const KEY_PAIR: &str = "is the key pair of instances that Spinnaker starts";
const MEMBERS: &str = "is who may use the account at Spinnaker; here jobs, projects and `allowedProjects` say that";
const LOADING: &str = "is how Spinnaker loads its accounts";
const CLIENT: &str = "is how Spinnaker calls AWS";
const NETFLIX: &str = "is the address of a Netflix service";
const LABEL: &str = "is a label of the account at Spinnaker";
const FROM_AWS: &str = "has no effect at Spinnaker either, which takes it from the AWS account";

/// Below `aws`.
pub(super) const AWS: &[Known] = &[
    decides(key("enabled", LOADING)),
    key("accounts", LOADING),
    decides(key("accessKeyId", "is what Spinnaker authenticates as")),
    decides(key("secretAccessKey", "is what Spinnaker authenticates as")),
    decides(key("defaultAssumeRole", "is the role of accounts that name none, and each of these does")),
    decides(key("defaultSessionName", "is the session name of accounts that have none, and each of these has")),
    decides(key("defaultSessionDurationSeconds", "is for accounts that have none, and each of these has")),
    decides(key("defaultRegions", "is the regions of accounts that have none, and each of these has")),
    decides(keys("loadAccounts", LOAD)),
    key("defaultKeyPairTemplate", KEY_PAIR),
    key("defaultSecurityGroups", GROUPS),
    key("defaultLifecycleHooks", HOOKS),
    key("defaultLifecycleHookRoleARNTemplate", HOOKS),
    key("defaultLifecycleHookNotificationTargetARNTemplate", HOOKS),
    key("defaultEddaTemplate", NETFLIX),
    key("defaultFront50Template", NETFLIX),
    key("defaultBastionHostTemplate", NETFLIX),
    key("defaultDiscoveryTemplate", NETFLIX),
    key("custom-property-binding-enabled", LOADING),
    keys("client", CLIENT_KEYS),
    keys("health", &[key("verifyAccountHealth", "is whether Spinnaker checks its accounts now and then")]),
    key("defaults", "is what Spinnaker gives to instances that it starts"),
    key("features", "is which services of AWS Spinnaker uses"),
    key("bakeryDefaults", "is how Spinnaker bakes images"),
    key("primaryAccount", "is which account Spinnaker's pages show first"),
];

const LOAD: &[Known] = &[
    decides(key("useManagingAccountProfile", "is whether Spinnaker heeds `managingAccountProfile`")),
    key("multiThreadingEnabled", LOADING),
    key("numberOfThreads", LOADING),
    key("timeoutInSeconds", LOADING),
    key("maxRetries", LOADING),
    key("backOffInMs", LOADING),
    key("exponentialBackoff", LOADING),
    key("exponentialBackoffMultiplier", LOADING),
    key("exponentialBackOffIntervalMs", LOADING),
];

const CLIENT_KEYS: &[Known] = &[
    key("maxErrorRetry", CLIENT),
    key("maxConnections", CLIENT),
    key("maxConnectionsPerRoute", CLIENT),
    key("useGzip", CLIENT),
    key("addSpinnakerUserToUserAgent", CLIENT),
    key("logEndpoints", CLIENT),
];

/// Of an item of `aws.accounts`.
pub(super) const ACCOUNT: &[Known] = &[
    key("name", LABEL),
    decides(key("accountId", "is the account that a role is in")),
    decides(key("enabled", LOADING)),
    decides(key("assumeRole", "is the role that is assumed")),
    decides(key("externalId", "is what the role's trust policy asks for")),
    decides(key("sessionName", "is the name of the session")),
    decides(key("sessionDurationSeconds", "is how long a session lasts")),
    decides(key("regions", SUBNET)),
    decides(key(
        "managingAccountProfile",
        "is heeded by Spinnaker only with `loadAccounts.useManagingAccountProfile: true`",
    )),
    key("environment", LABEL),
    key("accountType", LABEL),
    key("defaultKeyPair", KEY_PAIR),
    key("defaultSecurityGroups", GROUPS),
    key("lifecycleHooks", HOOKS),
    key("requiredGroupMembership", MEMBERS),
    key("permissions", MEMBERS),
    key("lambdaEnabled", "is whether Spinnaker deploys functions there"),
    key("allowPrivateThirdPartyImages", "is about which images Spinnaker shows"),
    key("edda", NETFLIX),
    key("eddaEnabled", NETFLIX),
    key("discovery", NETFLIX),
    key("discoveryEnabled", NETFLIX),
    key("front50", NETFLIX),
    key("front50Enabled", NETFLIX),
    key("bastionHost", NETFLIX),
    key("bastionEnabled", NETFLIX),
    key("providerVersion", "is a version of Spinnaker's own"),
];

/// Of an item of `regions` or `defaultRegions`.
pub(super) const REGION: &[Known] = &[
    key("name", SUBNET),
    key("availabilityZones", SUBNET),
    key("preferredZones", SUBNET),
    key("deprecated", "is about which regions Spinnaker's pages offer"),
];

/// Below `ecs`.
pub(super) const ECS: &[Known] = &[
    decides(key("enabled", LOADING)),
    key("accounts", LOADING),
    key("defaultNamingStrategy", "is how Spinnaker names services"),
    key("primaryAccount", "is which account Spinnaker's pages show first"),
];

/// Of an item of `ecs.accounts`.
pub(super) const ECS_ACCOUNT: &[Known] = &[
    key("name", LABEL),
    decides(key("awsAccount", "is the AWS account behind it")),
    decides(key("enabled", LOADING)),
    key("namingStrategy", "is how Spinnaker names services"),
    key("environment", FROM_AWS),
    key("accountType", FROM_AWS),
    key("requiredGroupMembership", FROM_AWS),
    key("permissions", FROM_AWS),
    key("providerVersion", "is a version of Spinnaker's own"),
];
