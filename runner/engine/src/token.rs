use std::fmt::Write as _;

use rustix::io::retry_on_intr;
use rustix::rand::{GetRandomFlags, getrandom};
use secrecy::SecretString;

/// A secret that nobody else has: 256 random bits in hex.
pub(crate) fn random() -> SecretString {
    let mut bytes = [0; 32];
    // So many come at once (getrandom(2)).
    let filled = retry_on_intr(|| getrandom(&mut bytes, GetRandomFlags::empty()));
    filled.expect("a kernel that has started has random bytes");
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a string takes all");
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn each_is_another() {
        let (one, other) = (random(), random());
        assert_eq!((one.expose_secret().len(), other.expose_secret().len()), (64, 64));
        assert_ne!(one.expose_secret(), other.expose_secret());
    }
}
