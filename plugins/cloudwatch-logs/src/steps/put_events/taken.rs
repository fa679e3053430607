use aws_sdk_cloudwatchlogs::types::RejectedLogEventsInfo;

/// What AWS has said about the events it was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) kept: u64,
    too_old: u64,
    expired: u64,
    too_new: u64,
}

impl Taken {
    /// Adds the answer to a batch. The indexes are those of the batch, which is in the order of time: what is too old or
    /// expired comes first, what is too new last
    /// ([`RejectedLogEventsInfo`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedLogEventsInfo.html):
    /// the ends are not included, the start is).
    pub(super) fn add(&mut self, length: usize, rejected: Option<&RejectedLogEventsInfo>) {
        let length = length as u64;
        let place =
            |index: Option<i32>| index.and_then(|index| u64::try_from(index).ok()).map(|place| place.min(length));
        let old = rejected.and_then(|info| place(info.too_old_log_event_end_index)).unwrap_or(0);
        let expired = rejected.and_then(|info| place(info.expired_log_event_end_index)).unwrap_or(0).max(old) - old;
        let new = length - rejected.and_then(|info| place(info.too_new_log_event_start_index)).unwrap_or(length);
        self.too_old += old;
        self.expired += expired;
        self.too_new += new;
        self.kept += length.saturating_sub(old + expired + new);
    }

    /// The numbers of those that were not kept, for a message.
    pub(super) fn rejected(&self) -> Option<String> {
        let counts = [(self.too_old, "too old"), (self.expired, "older than the retention"), (self.too_new, "too new")];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        (!counts.is_empty()).then(|| counts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(old: Option<i32>, expired: Option<i32>, new: Option<i32>) -> RejectedLogEventsInfo {
        RejectedLogEventsInfo::builder()
            .set_too_old_log_event_end_index(old)
            .set_expired_log_event_end_index(expired)
            .set_too_new_log_event_start_index(new)
            .build()
    }

    #[test]
    fn batches_without_rejections_are_kept_whole() {
        let mut taken = Taken::default();
        taken.add(3, None);
        taken.add(2, Some(&info(None, None, None)));
        assert_eq!((taken.kept, taken.rejected()), (5, None));
    }

    #[test]
    fn each_rejected_event_is_counted_once() {
        let mut taken = Taken::default();
        taken.add(10, Some(&info(Some(2), Some(5), Some(8))));
        assert_eq!(taken.kept, 3);
        assert_eq!(taken.rejected().unwrap(), "2 too old, 3 older than the retention, 2 too new");
        taken.add(4, Some(&info(Some(4), Some(1), None)));
        assert_eq!((taken.kept, taken.too_old), (3, 6));
    }

    #[test]
    fn indexes_that_do_not_fit_lose_nothing() {
        let mut taken = Taken::default();
        taken.add(2, Some(&info(Some(9), Some(-1), Some(9))));
        assert_eq!((taken.kept, taken.too_old, taken.too_new), (0, 2, 0));
    }
}
