//! What the supervisor must know of the frames that it passes on.

use serde::Serialize;
use windlass_plugin_api::frames::{Alive, ToHost};

/// A frame with its line break.
pub(super) fn line_of(frame: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(frame).expect("a frame has text keys only, so it is valid JSON");
    line.push(b'\n');
    line
}

/// The kind of a frame: its only key. Nothing for what is no frame, or hides its kind behind escapes; that only costs a
/// frame its special treatment here.
pub(super) fn kind_of(line: &[u8]) -> Option<&[u8]> {
    let inner = line.trim_ascii_start().strip_prefix(b"{")?;
    let key = inner.trim_ascii_start().strip_prefix(b"\"")?;
    key.split(|byte| *byte == b'"').next()
}

/// Whether nothing may follow it.
pub(super) fn is_last(line: &[u8]) -> bool {
    [&b"done"[..], b"failed", b"panicked", b"refused", b"loaded"].iter().any(|last| kind_of(line) == Some(last))
}

/// What is meant for the supervisor alone: until when it may go on.
pub(super) fn sign_of_life(line: &[u8]) -> Option<Alive> {
    if kind_of(line) != Some(b"alive") {
        return None;
    }
    match serde_json::from_slice(line) {
        Ok(ToHost::Alive(alive)) => Some(alive),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_api::frames::{Done, FromHost, Log};

    #[test]
    fn last_frames_are_known_however_they_are_written() {
        assert!(is_last(&line_of(&FromHost::Done(Done { outputs: serde_json::json!({}) }))));
        assert!(is_last(b" { \"failed\" : {}}\n"));
        let level = windlass_plugin_api::frames::Level::Info;
        assert!(!is_last(&line_of(&FromHost::Log(Log { level, text: "{\"done\":{}}".to_owned() }))));
        for nothing in [&b""[..], b"\n", b"{", b"done", b"[\"done\"]", b"\xff\xff"] {
            assert!(!is_last(nothing));
        }
        let alive = sign_of_life(&line_of(&ToHost::Alive(Alive { until_ms: 7 })));
        assert_eq!(alive.map(|alive| alive.until_ms), Some(7));
    }
}
