use crate::Destination;
use crate::host::Host;

/// What a region begins with, and the names of its partition's endpoints: IPv4 only, and IPv4 with IPv6.
///
/// From `partitions.json`, which the endpoint rules of the AWS SDKs are evaluated with (`regionRegex`, `dnsSuffix`,
/// `dualStackDnsSuffix`), version 1.1, as compiled into aws-sdk-cloudwatchlogs 1.162. Other regions are in the partition
/// `aws`, as there.
const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("us-gov-", "amazonaws.com", "api.aws"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
];
const AWS: (&str, &str) = ("amazonaws.com", "api.aws");

/// The public endpoints of a service in a region: plain, FIPS, and both for IPv6 too. Port 443.
///
/// `service` is the prefix of its endpoints (`logs`, `sts`), `region` as in `us-east-1`; texts that give no name of a host
/// give no destinations. Not among them are endpoints without a region (`iam.amazonaws.com`) and names below an endpoint
/// (a bucket's): a step type has to declare those by name.
pub fn aws_destinations(service: &str, region: &str) -> Vec<Destination> {
    let (plain, dual_stack) = suffixes(region);
    let names = [plain, dual_stack]
        .into_iter()
        .flat_map(|suffix| ["", "-fips"].map(|fips| format!("{service}{fips}.{region}.{suffix}")));
    names.filter_map(|name| Host::parse(&name).ok()).map(|host| Destination::exact(host, 443)).collect()
}

fn suffixes(region: &str) -> (&'static str, &'static str) {
    let partition = PARTITIONS.into_iter().find(|(prefix, ..)| region.starts_with(prefix));
    partition.map_or(AWS, |(_, plain, dual_stack)| (plain, dual_stack))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(service: &str, region: &str) -> Vec<String> {
        aws_destinations(service, region).iter().map(ToString::to_string).collect()
    }

    /// The addresses are those of the endpoint tests that AWS ships in aws-sdk-cloudwatchlogs (`config/endpoint.rs`).
    #[test]
    fn each_partition_has_names_of_its_own() {
        assert_eq!(
            texts("logs", "us-east-1"),
            [
                "logs.us-east-1.amazonaws.com:443",
                "logs-fips.us-east-1.amazonaws.com:443",
                "logs.us-east-1.api.aws:443",
                "logs-fips.us-east-1.api.aws:443",
            ]
        );
        for (region, endpoint) in [
            ("cn-north-1", "logs.cn-north-1.amazonaws.com.cn:443"),
            ("cn-north-1", "logs.cn-north-1.api.amazonwebservices.com.cn:443"),
            ("us-gov-east-1", "logs.us-gov-east-1.amazonaws.com:443"),
            ("us-gov-east-1", "logs.us-gov-east-1.api.aws:443"),
            ("us-iso-east-1", "logs.us-iso-east-1.c2s.ic.gov:443"),
            ("us-isob-east-1", "logs.us-isob-east-1.sc2s.sgov.gov:443"),
        ] {
            assert!(texts("logs", region).iter().any(|text| text == endpoint), "{endpoint}");
        }
    }

    /// Regions and names of `partitions.json`.
    #[test]
    fn partitions_that_the_endpoint_tests_leave_out_are_known() {
        assert_eq!(texts("sts", "eu-isoe-west-1")[0], "sts.eu-isoe-west-1.cloud.adc-e.uk:443");
        assert_eq!(texts("sts", "us-isof-south-1")[0], "sts.us-isof-south-1.csp.hci.ic.gov:443");
        assert_eq!(texts("sts", "eusc-de-east-1")[0], "sts.eusc-de-east-1.amazonaws.eu:443");
    }

    #[test]
    fn a_service_or_region_that_is_no_part_of_a_name_gives_nothing() {
        for (service, region) in [("*", "us-east-1"), ("", "us-east-1"), ("logs", ""), ("evil.org/", "us-east-1")] {
            assert!(aws_destinations(service, region).is_empty(), "{service} {region}");
        }
    }
}
