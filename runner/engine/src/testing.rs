//! What tests of the engine share.

use uuid::Uuid;
use windlass_jobs::Job;
use windlass_store::{Cause, JobText, Member, NewExecution, Role};

/// Numbers that a seed repeats (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

pub(crate) fn new_execution(job: &Job) -> NewExecution {
    let text = JobText::Inline(job.text().to_owned());
    NewExecution::of_job("web", &job.name, &job.identity(), text, Cause::Command, 1)
}

pub(crate) fn new_member() -> Member {
    Member {
        id: Uuid::now_v7(),
        host: "here".to_owned(),
        pid: 1,
        version: "0".to_owned(),
        role: Role::Run,
        data_dir_id: "d".to_owned(),
        started_at: 1,
        max_executions: 20,
        master_key: None,
        labels: "[]".to_owned(),
        plugins: "[]".to_owned(),
    }
}
