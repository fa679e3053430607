//! How long `Schedule::after` takes, for expressions whose next time is near and far:
//!
//!   cargo run --release -p windlass-schedules --example after

use std::hint::black_box;
use std::time::Instant;

use jiff::Timestamp;
use windlass_schedules::{Schedule, Timing, Zone};

const ROUNDS: u32 = 100_000;

fn main() {
    let after = Timestamp::from_second(1_790_000_000).expect("it is in 2026");
    for text in ["30 2 * * *", "*/15 * * * *", "* * * * * ?", "0 0 0 29 2 ? *", "0 0 * 29 2 ? *", "0 0 0 LW 2 ? 2099"] {
        for zone in ["UTC", "Europe/Berlin"] {
            let timing = Timing::cron(text).expect("it is an expression");
            let schedule = Schedule { timing, zone: Zone::parse(zone).expect("it is a zone") };
            let begin = Instant::now();
            for _ in 0..ROUNDS {
                black_box(black_box(&schedule).after(black_box(after)));
            }
            println!("{text:20} {zone:15} {:6} ns", (begin.elapsed() / ROUNDS).as_nanos());
        }
    }
}
