use windlass_plugin_api::StepError;

use crate::rows::{Statistics, size};

/// What a step may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// How many queries it may start.
    pub(crate) queries: u32,
    /// How many bytes they may scan together.
    pub(crate) bytes: Option<u64>,
}

impl Budget {
    /// Whether one more query may be started.
    pub(crate) fn allows_query(&self, started: usize) -> Result<(), StepError> {
        if started < self.queries as usize {
            return Ok(());
        }
        let message = format!("the step needs more than {started} queries, which is its `maxQueries`");
        let help = "query a shorter range, filter more, or raise `maxQueries`";
        Err(StepError::new("cloudwatch-logs.too-many-queries", message).with_help(help))
    }

    /// Whether what was scanned so far is within bounds.
    pub(crate) fn allows(&self, so_far: &Statistics) -> Result<(), StepError> {
        let Some(most) = self.bytes.filter(|most| so_far.bytes > *most) else { return Ok(()) };
        let (scanned, most) = (size(so_far.bytes), size(most));
        let message = format!("the queries have scanned {scanned}, more than `maxBytesScanned` of {most}");
        let help = "query a shorter range or fewer log groups, or raise `maxBytesScanned`; what was scanned is billed";
        Err(StepError::new("cloudwatch-logs.too-many-bytes", message).with_help(help))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_reached_and_not_passed() {
        let budget = Budget { queries: 2, bytes: Some(1_000) };
        assert!(budget.allows_query(1).is_ok());
        assert_eq!(budget.allows_query(2).unwrap_err().code, "cloudwatch-logs.too-many-queries");
        let scanned = |bytes| Statistics { bytes, ..Statistics::default() };
        assert!(budget.allows(&scanned(1_000)).is_ok());
        let error = budget.allows(&scanned(1_500)).unwrap_err();
        assert_eq!(error.code, "cloudwatch-logs.too-many-bytes");
        assert!(error.message.contains("scanned 1.5 kB, more than `maxBytesScanned` of 1.0 kB"), "{error}");
        assert!(Budget { bytes: None, ..budget }.allows(&scanned(u64::MAX)).is_ok());
    }
}
