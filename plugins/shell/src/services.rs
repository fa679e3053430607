//! What the AWS CLI and SDKs call a service whose endpoint is another one.

/// Services by their endpoint prefix whose name is another one (`endpointPrefix` and `serviceId` of the service models that
/// the SDKs are made from). Where several share a prefix, all of them are here.
const NAMES: &[(&str, &[&str])] = &[
    ("application-autoscaling", &["APPLICATION_AUTO_SCALING"]),
    ("autoscaling", &["AUTO_SCALING"]),
    ("cognito-idp", &["COGNITO_IDENTITY_PROVIDER"]),
    ("elasticfilesystem", &["EFS"]),
    ("elasticloadbalancing", &["ELASTIC_LOAD_BALANCING", "ELASTIC_LOAD_BALANCING_V2"]),
    ("elasticmapreduce", &["EMR"]),
    ("email", &["SES", "SESV2"]),
    ("events", &["CLOUDWATCH_EVENTS", "EVENTBRIDGE"]),
    ("logs", &["CLOUDWATCH_LOGS"]),
    ("monitoring", &["CLOUDWATCH"]),
    ("route53", &["ROUTE_53"]),
    ("secretsmanager", &["SECRETS_MANAGER"]),
    ("servicediscovery", &["SERVICEDISCOVERY"]),
    ("states", &["SFN"]),
    ("tagging", &["RESOURCE_GROUPS_TAGGING_API"]),
];

/// The variables with which a service gets another endpoint (AWS SDKs and Tools Reference Guide, "Service-specific
/// endpoints"). A prefix that is not known is taken for the name, as it is for most.
pub(crate) fn endpoint_variables(prefix: &str) -> Vec<String> {
    let known = NAMES.iter().find(|(known, _)| *known == prefix).map(|(_, names)| *names);
    let plain = prefix.to_ascii_uppercase().replace(['-', '.'], "_");
    let names = known.map_or_else(|| vec![plain], |names| names.iter().map(|&name| name.to_owned()).collect());
    names.into_iter().map(|name| format!("AWS_ENDPOINT_URL_{name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_the_names_that_the_sdks_give_them() {
        assert_eq!(endpoint_variables("sts"), ["AWS_ENDPOINT_URL_STS"]);
        assert_eq!(endpoint_variables("logs"), ["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"]);
        assert_eq!(
            endpoint_variables("events"),
            ["AWS_ENDPOINT_URL_CLOUDWATCH_EVENTS", "AWS_ENDPOINT_URL_EVENTBRIDGE"]
        );
        assert_eq!(endpoint_variables("cognito-identity"), ["AWS_ENDPOINT_URL_COGNITO_IDENTITY"]);
    }
}
