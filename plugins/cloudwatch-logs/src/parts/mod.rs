//! Rows that are more than AWS returns for one query: the range is asked for in parts, and the parts are put together.

mod feed;
mod merge;
mod part;
mod pointers;

pub(crate) use feed::Feed;
pub(crate) use merge::Merge;
pub(crate) use part::Part;
