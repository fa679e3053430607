//! Running a test with many cases, each within its bounds.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use bolero::TypeGenerator;
use bolero::generator::bolero_generator::driver::{ByteSliceDriver, Options};

use crate::{meter, watch};

/// The name of the environment variable that says how many seconds each target runs.
const SECONDS: &str = "WINDLASS_FUZZ_SECONDS";
/// Long enough for every target to see some hundred cases, short enough for `cargo test`.
const DEFAULT: f64 = 1.0;

/// Set, the cases are new ones every time, and one that fails is made smaller. Otherwise they are the same ones in the same
/// order, so that what is checked does not depend on luck.
const RANDOM: &str = "WINDLASS_FUZZ_RANDOM";
/// Bytes that a case of the fixed order is made of.
const CASE: usize = 4096;

/// How long an input that fails is made smaller.
const SHRINK: Duration = Duration::from_secs(5);

/// The memory that one input may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Whatever its length, in bytes.
    pub base: usize,
    /// And for each of its bytes.
    pub each: usize,
}

/// How long each target runs.
///
/// # Panics
/// When the variable is set to something else than seconds.
pub fn seconds() -> Duration {
    let seconds =
        std::env::var(SECONDS).map_or(DEFAULT, |text| text.parse().expect("WINDLASS_FUZZ_SECONDS is a number"));
    Duration::from_secs_f64(seconds)
}

/// Runs `test` with the inputs that `input` makes of cases, for [`seconds`]. The test fails by a panic, which shrinks the
/// case; an input that takes longer than it may ends the process.
///
/// # Panics
/// With the input and, of random cases, the case and a number that repeats it (`BOLERO_RANDOM_SEED`), when an input fails.
pub fn hold<C>(target: &str, bounds: Bounds, input: impl Fn(&C) -> Vec<u8>, test: impl Fn(&[u8]))
where
    C: TypeGenerator + Clone + std::fmt::Debug + RefUnwindSafe,
{
    let (thread, smallest, inputs) = (thread(), RefCell::new(None), Cell::new(0_u64));
    let one = AssertUnwindSafe(|case: &C| {
        let input = input(case);
        inputs.set(inputs.get() + 1);
        let _watched = watch::begin(target, thread, &input);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| bounded(bounds, &input, &test))) {
            keep(&smallest, input);
            resume_unwind(panic);
        }
    });
    let all = || {
        if std::env::var_os(RANDOM).is_some() {
            let check = bolero::check!().with_test_time(seconds()).with_shrink_time(SHRINK);
            check.with_type::<C>().for_each(move |case: &C| one(case));
        } else {
            fixed(|case: &C| one(case));
        }
    };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(all)) {
        smallest.borrow().iter().for_each(|input| eprintln!("{target}: {}", shown(input)));
        resume_unwind(panic);
    }
    println!("{target}: {} inputs", inputs.get());
}

/// The cases of the fixed order, for [`seconds`].
fn fixed<C: TypeGenerator>(one: impl Fn(&C)) {
    let (start, options) = (Instant::now(), Options::default());
    for number in 0.. {
        if let Some(case) = C::generate(&mut ByteSliceDriver::new(&bytes(number), &options)) {
            one(&case);
        }
        if start.elapsed() > seconds() {
            return;
        }
    }
}

/// The bytes of a case: `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
fn bytes(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0xd134_2543_de82_ef95);
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    };
    (0..CASE / 8).flat_map(|_| next()).collect()
}

fn bounded(bounds: Bounds, input: &[u8], test: impl Fn(&[u8])) {
    let peak = meter::peak_of(|| test(input));
    let most = bounds.base + bounds.each * input.len();
    assert!(peak <= most, "{} bytes of input took {peak} bytes of memory, and {most} are allowed", input.len());
}

/// Shrinking goes on with whatever fails; the smallest is worth showing.
fn keep(smallest: &RefCell<Option<Vec<u8>>>, input: Vec<u8>) {
    let mut smallest = smallest.borrow_mut();
    if smallest.as_ref().is_none_or(|smallest| input.len() < smallest.len()) {
        *smallest = Some(input);
    }
}

/// As text, as far as it is one.
fn shown(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(&input[..input.len().min(4000)]).escape_debug().to_string();
    format!("the smallest input that failed, {} bytes:\n{text}", input.len())
}

/// The kernel's number of this thread.
fn thread() -> u32 {
    let link = std::fs::read_link("/proc/thread-self").unwrap_or_default();
    link.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or_default()
}
