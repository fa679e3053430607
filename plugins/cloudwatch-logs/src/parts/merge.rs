use std::cmp::Ordering;
use std::collections::VecDeque;

use futures_util::future::try_join_all;
use windlass_plugin_api::StepError;

use super::feed::Feed;
use crate::rows::{Row, field};
use crate::text::Direction;

/// The rows of several feeds, each sorted, as one sorted sequence. Where the rows do not have what they are sorted by, one feed
/// comes after the other.
pub(crate) struct Merge<'a> {
    /// With the rows that were read of each.
    feeds: Vec<(Feed<'a>, VecDeque<Row>)>,
    order: &'a [(String, Direction)],
}

impl<'a> Merge<'a> {
    /// Begins with the first page of each feed, all at the same time.
    pub(crate) async fn begin(feeds: Vec<Feed<'a>>, order: &'a [(String, Direction)]) -> Result<Self, StepError> {
        let begun = feeds.into_iter().map(|mut feed| async {
            let first = fill(&mut feed).await?;
            Ok::<_, StepError>((feed, first))
        });
        Ok(Self { feeds: try_join_all(begun).await?, order })
    }

    /// What is known of the rows so far: the first page of each feed.
    pub(crate) fn first_rows(&self) -> impl Iterator<Item = &Row> {
        self.feeds.iter().flat_map(|(_, rows)| rows)
    }

    /// The next row, and the number of its feed.
    pub(crate) async fn next(&mut self) -> Result<Option<(usize, Row)>, StepError> {
        if self.feeds.iter().any(|(feed, rows)| rows.is_empty() && feed.has_more()) {
            let empty = self.feeds.iter_mut().filter(|(feed, rows)| rows.is_empty() && feed.has_more());
            try_join_all(empty.map(|(feed, rows)| async {
                *rows = fill(feed).await?;
                Ok::<_, StepError>(())
            }))
            .await?;
        }
        let heads = self.feeds.iter().enumerate().filter_map(|(number, (_, rows))| Some((number, rows.front()?)));
        // Of those that are the same, the first.
        let first = heads.min_by(|(_, one), (_, other)| compare(one, other, self.order));
        let Some((number, _)) = first else { return Ok(None) };
        Ok(self.feeds[number].1.pop_front().map(|row| (number, row)))
    }

    /// The feed of this number.
    pub(crate) fn feed(&self, number: usize) -> &Feed<'a> {
        &self.feeds[number].0
    }

    /// Whether there may be more rows than were asked for, in some feed.
    pub(crate) fn is_cut(&self) -> bool {
        self.feeds.iter().any(|(feed, rows)| feed.is_cut() || feed.has_more() || !rows.is_empty())
    }
}

/// The next rows of a feed, none at its end.
async fn fill(feed: &mut Feed<'_>) -> Result<VecDeque<Row>, StepError> {
    while let Some(page) = feed.page().await? {
        if !page.is_empty() {
            return Ok(page.into());
        }
    }
    Ok(VecDeque::new())
}

/// How two rows are sorted; a row without the field is like any other.
fn compare(one: &Row, other: &Row, order: &[(String, Direction)]) -> Ordering {
    for (name, direction) in order {
        let (Some(one), Some(other)) = (field(one, name), field(other, name)) else { return Ordering::Equal };
        let by_value = values(one, other);
        let sorted = if *direction == Direction::Descending { by_value.reverse() } else { by_value };
        if sorted != Ordering::Equal {
            return sorted;
        }
    }
    Ordering::Equal
}

/// Numbers by what they are, others as text.
fn values(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::testing::row;

    #[test]
    fn rows_are_compared_by_the_fields_of_the_order() {
        let order = [("n".to_owned(), Direction::Descending), ("t".to_owned(), Direction::Ascending)];
        let compared = |one: &[(&str, &str)], other: &[(&str, &str)]| compare(&row(one), &row(other), &order);
        assert_eq!(compared(&[("n", "9")], &[("n", "10")]), Ordering::Greater);
        assert_eq!(compared(&[("n", "b")], &[("n", "a")]), Ordering::Less);
        assert_eq!(compared(&[("n", "1"), ("t", "a")], &[("n", "1.0"), ("t", "b")]), Ordering::Less);
        assert_eq!(compared(&[("t", "a")], &[("n", "1")]), Ordering::Equal);
    }
}
