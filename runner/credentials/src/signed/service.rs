use windlass_settings::{Endpoints, Partition};

/// A service in a region: where it is asked, and for what a request is signed. The service's endpoint prefix is its name
/// in signatures too, as it is for `iam`, `kms`, `secretsmanager` and `ssm` (AWS General Reference, "Service endpoints
/// and quotas").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsService {
    pub(super) prefix: &'static str,
    pub(super) region: String,
    pub(super) address: String,
}

impl AwsService {
    /// A service that each region has: at the configured endpoint, else at the public one of the region.
    pub fn regional(endpoints: &Endpoints, prefix: &'static str, region: &str) -> Self {
        let configured = endpoints.services.get(prefix).cloned();
        let address = configured.unwrap_or_else(|| public_address(prefix, region));
        Self { prefix, region: region.to_owned(), address }
    }

    /// IAM, which is one for a whole partition (AWS General Reference, "AWS Identity and Access Management endpoints and
    /// quotas"; AWS in China, "Endpoints and ARNs"; AWS `GovCloud` (US), "Service endpoints").
    pub fn iam(endpoints: &Endpoints, partition: Partition) -> Self {
        let (public, region) = match partition {
            Partition::Aws => ("https://iam.amazonaws.com", "us-east-1"),
            Partition::AwsCn => ("https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            Partition::AwsUsGov => ("https://iam.us-gov.amazonaws.com", "us-gov-west-1"),
        };
        let address = endpoints.services.get("iam").map_or(public, String::as_str).to_owned();
        Self { prefix: "iam", region: region.to_owned(), address }
    }

    /// Where it is asked.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// The public endpoint of a service in a region.
pub(crate) fn public_address(prefix: &str, region: &str) -> String {
    let suffix = match Partition::of_region(region) {
        Partition::AwsCn => ".cn",
        Partition::Aws | Partition::AwsUsGov => "",
    };
    format!("https://{prefix}.{region}.amazonaws.com{suffix}")
}
