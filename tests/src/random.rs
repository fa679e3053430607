//! Numbers that a seed repeats: `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").

use std::time::Duration;

/// A row of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The row of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// All of them in a new order (Fisher and Yates).
    #[must_use]
    pub fn shuffled<'a, T>(&mut self, all: &'a [T]) -> Vec<&'a T> {
        let mut all: Vec<&T> = all.iter().collect();
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
        all
    }

    /// One of `0..limit`.
    ///
    /// # Panics
    /// When `limit` is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("a length fits 64 bits");
        usize::try_from(self.next() % limit).expect("less than a length")
    }

    /// A time shorter than the limit.
    pub fn up_to(&mut self, limit: Duration) -> Duration {
        let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.next() % micros.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_published_sequence() {
        let mut random = Random::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn a_seed_repeats_its_orders_and_loses_nothing() {
        let all: Vec<u32> = (0..40).collect();
        let orders = |seed| {
            let mut random = Random::new(seed);
            [random.shuffled(&all), random.shuffled(&all)]
        };
        let [first, second] = orders(7);
        assert_eq!(orders(7), [first.clone(), second.clone()]);
        assert!(first != second && first != orders(8)[0]);
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, all.iter().collect::<Vec<_>>());
    }
}
