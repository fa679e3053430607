use std::io;

use crate::{Store, StoreError};

/// The fastest level that zstd recommends: logs shrink to about a tenth even so.
const LEVEL: i32 = 1;

/// Bytes as they are kept: a zstd frame and the length of what is in it.
#[derive(Default)]
pub(crate) struct Packed {
    pub(crate) bytes: i64,
    pub(crate) data: Vec<u8>,
}

impl Packed {
    pub(crate) fn new(plain: &[u8]) -> Self {
        let data = zstd::bulk::compress(plain, LEVEL).expect("the buffer fits what zstd can make of the input");
        Self { bytes: plain.len() as i64, data }
    }

    fn unpack(&self) -> io::Result<Vec<u8>> {
        let bytes = usize::try_from(self.bytes).map_err(io::Error::other)?;
        let plain = zstd::bulk::decompress(&self.data, bytes)?;
        if plain.len() == bytes { Ok(plain) } else { Err(io::Error::other("the length is not the recorded one")) }
    }
}

impl Store {
    pub(crate) fn unpack(&self, what: &'static str, packed: &Packed) -> Result<Vec<u8>, StoreError> {
        packed.unpack().map_err(|source| StoreError::Damaged { what, path: self.file(), source })
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
        let Packed { bytes, data } = Packed::new(b"twelve bytes");
        assert!(Packed { bytes: bytes - 1, data: data.clone() }.unpack().is_err());
        assert!(Packed { bytes: bytes + 1, data: data.clone() }.unpack().is_err());
        assert!(Packed { bytes: -1, data: data.clone() }.unpack().is_err());
        assert!(Packed { bytes, data: data[1..].to_vec() }.unpack().is_err());
    }
}
