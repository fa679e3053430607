use clap::Args;
use windlass_engine::schedules::resume as resume_schedule;
use windlass_errors::exit;
use windlass_store::ScheduleRow;

use super::{OfJob, schedules_of};
use crate::arguments::Global;
use crate::problem::Problem;
use crate::{find, setup, show};

#[derive(Args)]
pub(crate) struct Which {
    #[command(flatten)]
    of: OfJob,
    /// This schedule of the job [default: all that it has]
    #[arg(long, value_name = "NAME")]
    schedule: Option<String>,
}

pub(super) async fn pause(global: &Global, which: &Which) -> Result<u8, Problem> {
    let (desk, rows) = found(global, which).await?;
    for row in &rows {
        let paused = desk.store.pause_schedule(row.id, desk.store.now().await?).await?;
        tell(row, if paused { "is paused" } else { "was paused already" });
    }
    Ok(exit::OK)
}

pub(super) async fn resume(global: &Global, which: &Which) -> Result<u8, Problem> {
    let (desk, rows) = found(global, which).await?;
    for row in &rows {
        let goes_on = resume_schedule(&desk.store, row).await?;
        tell(row, if goes_on { "goes on" } else { "was not paused" });
    }
    desk.member.wake_others().await;
    Ok(exit::OK)
}

async fn found(global: &Global, which: &Which) -> Result<(setup::Desk, Vec<ScheduleRow>), Problem> {
    let settings = setup::configuration(global)?.settings;
    let desk = setup::desk_of(&settings).await?;
    let job = find::job(&settings, &desk.store, &which.of.project, &which.of.job).await?;
    let rows = schedules_of(&desk.store, &job, which.schedule.as_deref()).await?;
    if rows.is_empty() {
        show::talk(format_args!("job `{}` has no schedules", job.name));
    }
    Ok((desk, rows))
}

fn tell(row: &ScheduleRow, what: &str) {
    show::talk(format_args!("schedule `{}` of job `{}` {what}", show::safe_text(&row.name), row.job_name));
}
