use windlass_plugin_api::StepError;

/// A topic, out of its ARN: `arn:aws:sns:REGION:ACCOUNT:NAME`
/// ([CreateTopic](https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Topic<'a> {
    pub(crate) arn: &'a str,
    pub(crate) region: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> Topic<'a> {
    /// # Errors
    /// `step.invalid-config`
    pub(crate) fn of(arn: &'a str) -> Result<Self, StepError> {
        let mut parts = arn.splitn(6, ':').skip(3);
        match (parts.next(), parts.next(), parts.next()) {
            (Some(region), Some(_), Some(name)) => Ok(Self { arn, region, name }),
            _ => Err(StepError::new("step.invalid-config", format!("`{arn}` is not the ARN of a topic"))),
        }
    }

    /// Whether it keeps messages in order, each once.
    pub(crate) fn is_fifo(&self) -> bool {
        self.name.ends_with(".fifo")
    }

    /// That it lies in the region of the step, which is the only one that the step may connect to.
    ///
    /// # Errors
    /// `sns.other-region`
    pub(crate) fn lies_in(&self, region: &str) -> Result<(), StepError> {
        if self.region == region {
            return Ok(());
        }
        let (name, lies) = (self.name, self.region);
        let message = format!("topic `{name}` lies in region `{lies}`, and the step works in `{region}`");
        Err(StepError::new("sns.other-region", message).with_help(format!("give the step `region: {lies}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_region_and_name() {
        let topic = Topic::of("arn:aws-cn:sns:cn-north-1:111122223333:orders.fifo").unwrap();
        assert_eq!((topic.region, topic.name, topic.is_fifo()), ("cn-north-1", "orders.fifo", true));
        assert!(Topic::of("orders").is_err());
    }

    #[test]
    fn a_topic_of_another_region_says_which() {
        let topic = Topic::of("arn:aws:sns:eu-west-1:111122223333:orders").unwrap();
        assert_eq!(topic.lies_in("eu-west-1"), Ok(()));
        assert_eq!(topic.lies_in("us-east-1").unwrap_err().help.as_deref(), Some("give the step `region: eu-west-1`"));
    }
}
