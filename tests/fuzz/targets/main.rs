//! One target for each kind of hostile input. Each first reads its seeds, which must mean what they meant, and then cases
//! made of them, which must neither panic nor take more than their share.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod broker;
mod calendars;
mod first_frame;
mod host_frames;
mod imports;
mod lock;
mod manifest;
mod note;
mod packets;
mod place;
mod runner_frames;
mod schedules;
mod schema;
mod shown;
