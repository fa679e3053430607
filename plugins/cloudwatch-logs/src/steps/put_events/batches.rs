//! What one call may hold
//! ([`PutLogEvents`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html)).

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use jiff::Timestamp;

use super::entry::Entry;

/// "The maximum batch size is 1,048,576 bytes. This size is calculated as the sum of all event messages in UTF-8, plus 26
/// bytes for each log event."
const BYTES: usize = 1_048_576;
const BYTES_AROUND: usize = 26;
/// "The maximum number of log events in a batch is 10,000."
const EVENTS: usize = 10_000;
/// "the time span in a single batch cannot exceed 24 hours"
const SPAN_MS: i64 = 24 * 3600 * 1000;

/// The number, from 1, and the length of an event that fits into no batch.
pub(super) fn too_long(entries: &[Entry]) -> Option<(usize, usize)> {
    let mut lengths = entries.iter().map(|entry| entry.message.len()).enumerate();
    lengths.find(|(_, bytes)| bytes + BYTES_AROUND > BYTES).map(|(place, bytes)| (place + 1, bytes))
}

/// The events in the order of time, those of the same time as they were given, in as few batches as AWS takes.
pub(super) fn batches(entries: &[Entry], now: Timestamp) -> Vec<Vec<InputLogEvent>> {
    let at = |entry: &Entry| entry.at.unwrap_or(now).as_millisecond();
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| at(entry));
    let (mut batches, mut bytes, mut first): (Vec<Vec<InputLogEvent>>, usize, i64) = (Vec::new(), 0, 0);
    for entry in sorted {
        let length = entry.message.len() + BYTES_AROUND;
        let event = InputLogEvent::builder().message(&entry.message).timestamp(at(entry)).build();
        let event = event.expect("message and timestamp are set");
        match batches.last_mut() {
            Some(last) if last.len() < EVENTS && bytes + length <= BYTES && event.timestamp - first <= SPAN_MS => {
                bytes += length;
                last.push(event);
            }
            _ => {
                (bytes, first) = (length, event.timestamp);
                batches.push(vec![event]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(message: &str, at_ms: i64) -> Entry {
        Entry { message: message.to_owned(), at: Some(Timestamp::from_millisecond(at_ms).unwrap()) }
    }

    fn lengths(entries: &[Entry]) -> Vec<usize> {
        batches(entries, Timestamp::UNIX_EPOCH).iter().map(Vec::len).collect()
    }

    #[test]
    fn events_come_in_the_order_of_time() {
        let entries = [entry("c", 2), entry("a", 1), entry("b", 1), Entry { message: "now".to_owned(), at: None }];
        let batches = batches(&entries, Timestamp::from_millisecond(3).unwrap());
        let seen: Vec<_> = batches[0].iter().map(|event| (event.message(), event.timestamp())).collect();
        assert_eq!(seen, [("a", 1), ("b", 1), ("c", 2), ("now", 3)]);
    }

    #[test]
    fn a_batch_has_limits() {
        assert_eq!(lengths(&vec![entry("a", 0); 20_001]), [10_000, 10_000, 1]);
        let half = "a".repeat(BYTES / 2 - BYTES_AROUND);
        assert_eq!(lengths(&[entry(&half, 0), entry(&half, 0)]), [2]);
        assert_eq!(lengths(&[entry(&half, 0), entry(&format!("{half}a"), 0), entry("b", 0)]), [1, 2]);
        assert_eq!(lengths(&[entry("a", 0), entry("b", SPAN_MS), entry("c", SPAN_MS + 1)]), [2, 1]);
    }

    #[test]
    fn bytes_are_counted_and_not_characters() {
        let longest = BYTES - BYTES_AROUND;
        assert_eq!(too_long(&[entry(&"a".repeat(longest), 0)]), None);
        assert_eq!(too_long(&[entry("a", 0), entry(&"é".repeat(longest / 2 + 1), 0)]), Some((2, longest + 2)));
    }
}
