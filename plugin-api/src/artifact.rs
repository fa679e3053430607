use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Context;
use crate::frames::{ArtifactStart, Bytes, FromHost};

/// Bytes collect until there are this many, then travel as one frame.
const BATCH: usize = 192 * 1024;

/// A file that a step writes piece by piece and that is kept with its execution. The rest is sent when it is dropped.
pub struct Artifact {
    context: Context,
    name: String,
    batch: Vec<u8>,
}

impl Artifact {
    pub(crate) fn begin(context: Context, name: String, content_type: String) -> Self {
        context.send(&FromHost::Artifact(ArtifactStart { artifact: name.clone(), content_type }));
        Self { context, name, batch: Vec::new() }
    }

    fn send(&mut self) {
        if !self.batch.is_empty() {
            let data = STANDARD.encode(&self.batch);
            self.batch.clear();
            self.context.send(&FromHost::Bytes(Bytes { artifact: self.name.clone(), data }));
        }
    }
}

/// Blocks while the runner does not read. It does not fail: when the runner is gone, so is this process.
impl std::io::Write for Artifact {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min(BATCH - self.batch.len());
        self.batch.extend_from_slice(&bytes[..taken]);
        if self.batch.len() == BATCH {
            self.send();
        }
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.send();
        Ok(())
    }
}

impl Drop for Artifact {
    fn drop(&mut self) {
        self.send();
    }
}
