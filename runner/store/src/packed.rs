use std::io;

use crate::{Store, StoreError, Transition};

/// The fastest level that zstd recommends: logs shrink to about a tenth even so.
const LEVEL: i32 = 1;
/// More than this (some tenths of a millisecond of work) is compressed where it keeps no other task waiting.
const MUCH: usize = 64 * 1024;

/// Bytes as they are kept: a zstd frame, and the length and the number of line breaks of what is in it.
#[derive(Clone, Default)]
pub(crate) struct Packed {
    pub(crate) bytes: i64,
    pub(crate) lines: i64,
    pub(crate) data: Vec<u8>,
}

impl Packed {
    pub(crate) fn new(plain: &[u8]) -> Self {
        let data = zstd::bulk::compress(plain, LEVEL).expect("the buffer fits what zstd can make of the input");
        let lines = plain.iter().filter(|byte| **byte == b'\n').count();
        Self { bytes: plain.len() as i64, lines: lines as i64, data }
    }

    fn unpack(&self) -> io::Result<Vec<u8>> {
        let bytes = usize::try_from(self.bytes).map_err(io::Error::other)?;
        let plain = zstd::bulk::decompress(&self.data, bytes)?;
        if plain.len() == bytes { Ok(plain) } else { Err(io::Error::other("the length is not the recorded one")) }
    }
}

/// Each transition with its data packed.
pub(crate) async fn pack(mut transitions: Vec<Transition>) -> Vec<(Transition, Packed)> {
    let total: usize = transitions.iter_mut().filter_map(data).map(|data| data.len()).sum();
    let all = move || transitions.into_iter().map(pack_one).collect();
    if total <= MUCH {
        return all();
    }
    match tokio::task::spawn_blocking(all).await {
        Ok(packed) => packed,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => std::future::pending().await, // the runtime is ending, and so is this task
        },
    }
}

/// The plain data is not needed any more.
fn pack_one(mut transition: Transition) -> (Transition, Packed) {
    let packed = data(&mut transition).map(|data| Packed::new(&std::mem::take(data)));
    (transition, packed.unwrap_or_default())
}

fn data(transition: &mut Transition) -> Option<&mut Vec<u8>> {
    match transition {
        Transition::Log { chunk, .. } => Some(&mut chunk.data),
        Transition::Rows { data, .. } | Transition::Bytes { data, .. } => Some(data),
        _ => None,
    }
}

impl Store {
    pub(crate) fn unpack(&self, what: &'static str, packed: &Packed) -> Result<Vec<u8>, StoreError> {
        packed.unpack().map_err(|source| StoreError::Damaged { what, database: self.name().to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_was_packed_and_nothing_else() {
        for plain in [&b""[..], b"x", &[7; 300_000]] {
            assert_eq!(Packed::new(plain).unpack().unwrap(), plain);
        }
        let Packed { bytes, lines, data } = Packed::new(b"twelve bytes");
        assert!(Packed { bytes: bytes - 1, lines, data: data.clone() }.unpack().is_err());
        assert!(Packed { bytes: bytes + 1, lines, data: data.clone() }.unpack().is_err());
        assert!(Packed { bytes: -1, lines, data: data.clone() }.unpack().is_err());
        assert!(Packed { bytes, lines, data: data[1..].to_vec() }.unpack().is_err());
    }
}
