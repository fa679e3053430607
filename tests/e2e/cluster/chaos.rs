//! What can happen to machines, one thing after another. `cargo soak` plays it for longer.

use std::time::Duration;
use windlass_tests::chaos;

#[test]
fn whatever_happens_to_machines_each_due_time_has_one_record() {
    let played = chaos::play(Duration::from_secs(60), 20_261_126).unwrap_or_else(|problem| panic!("{problem}"));
    println!("{played}");
    assert!(played.due > 60 && played.calls > 20, "{played}");
}
