//! What tells a message from all others, and does not change when it is sent again.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use windlass_plugin_api::frames::ExecutionInfo;

/// How many bytes of the hash tell messages apart.
const LENGTH: usize = 16;

/// 32 hexadecimal digits out of the execution, where the step stands in it, and what is sent where.
pub(crate) fn of(execution: &ExecutionInfo, parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in [execution.id.as_bytes(), execution.stands_at().as_bytes()].iter().chain(parts) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let mut text = String::with_capacity(2 * LENGTH);
    for byte in &hash.finalize()[..LENGTH] {
        write!(text, "{byte:02x}").expect("text takes all that is written");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_changes_with_everything_it_is_made_of_and_with_nothing_else() {
        let execution = |id: &str, path: &str| ExecutionInfo {
            id: id.to_owned(),
            project: "web".to_owned(),
            job: "job".to_owned(),
            step: "tell".to_owned(),
            step_path: path.to_owned(),
        };
        let first = of(&execution("1", "tell"), &[b"a", b"bc"]);
        assert_eq!(first, of(&execution("1", "tell"), &[b"a", b"bc"]));
        assert_eq!(first, of(&execution("1", ""), &[b"a", b"bc"]), "the step's id stands for its path");
        assert_eq!(first.len(), 2 * LENGTH);
        for other in [
            of(&execution("2", "tell"), &[b"a", b"bc"]),
            of(&execution("1", "tell[0]"), &[b"a", b"bc"]),
            of(&execution("1", "tell"), &[b"ab", b"c"]),
            of(&execution("1", "tell"), &[b"a"]),
        ] {
            assert_ne!(first, other);
        }
    }
}
