use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use windlass_engine::project::{calendars_beside, never_due};
use windlass_engine::schedules::{NextTime, ScheduleNow, next_times, next_times_of};
use windlass_errors::exit;
use windlass_jobs::{Job, JobErrors};
use windlass_store::Store;

use super::{OfJob, schedules_of, unknown};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{find, setup, show};

#[derive(Args)]
pub(crate) struct Next {
    #[command(flatten)]
    of: OfJob,
    /// Those of this schedule of the job
    #[arg(long, value_name = "NAME")]
    schedule: Option<String>,
    /// How many times
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// After this time, RFC 3339 [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: &Next) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    let store = setup::store(&settings).await?;
    let schedules = schedules(&settings, &store, arguments).await?;
    let count = usize::from(arguments.count);
    let mut times: Vec<(&ScheduleNow, &NextTime)> =
        schedules.iter().flat_map(|schedule| schedule.times.iter().map(move |time| (schedule, time))).collect();
    times.sort_by_key(|(_, time)| time.due.at);
    times.truncate(count);
    for schedule in &schedules {
        let stands = match (schedule.paused_at, schedule.enabled) {
            (Some(at), _) => format!(
                "is paused since {}, and none of these times is due until `windlass schedule resume`",
                show::time(at)
            ),
            (None, false) => "is switched off in its file: none of these times is due".to_owned(),
            (None, true) if schedule.times.is_empty() => "is never due again".to_owned(),
            (None, true) => continue,
        };
        show::talk(format_args!("schedule `{}` {stands}", show::safe_text(&schedule.name)));
    }
    match arguments.output {
        Listing::Json => {
            let told = times.iter().map(|(schedule, time)| {
                let mut told = time_json(time);
                told["schedule"] = json!(schedule.name);
                told["timeZone"] = json!(schedule.schedule.zone.name());
                told
            });
            show::json(&told.collect::<Vec<Value>>())?;
        }
        Listing::Table if schedules.is_empty() => {
            show::talk("the job has no schedules; it has them under `schedules` in its file");
        }
        Listing::Table => {
            let cells = times
                .iter()
                .map(|(schedule, time)| [local(schedule, time), weekday(time), schedule.name.clone(), explained(time)]);
            show::listing(["due", "day", "schedule", "note"], cells)?;
        }
    }
    Ok(exit::OK)
}

async fn schedules(
    settings: &windlass_settings::Settings,
    store: &Store,
    arguments: &Next,
) -> Result<Vec<ScheduleNow>, Problem> {
    let (of, count) = (&arguments.of, usize::from(arguments.count));
    let after = arguments.from.unwrap_or_else(Timestamp::now);
    let wanted = arguments.schedule.as_deref();
    let path = Path::new(&of.job);
    if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
        windlass_credentials::known_project(settings, &of.project)?;
        let job = Job::read(path)?;
        JobErrors::none(never_due(&job, &of.project, store).await?)?;
        if let Some(wanted) = wanted.filter(|wanted| !job.schedules.iter().any(|schedule| schedule.name == *wanted)) {
            return Err(unknown(&job.name, wanted, job.schedules.iter().map(|schedule| schedule.name.as_str())));
        }
        let beside = calendars_beside(path, &job)?;
        let mut all = next_times_of(store, &of.project, &job, beside, after, count).await?;
        all.retain(|schedule| wanted.is_none_or(|wanted| schedule.name == wanted));
        return Ok(all);
    }
    let job = find::job(settings, store, &of.project, &of.job).await?;
    Ok(next_times(store, &schedules_of(store, &job, wanted).await?, after, count).await?)
}

/// `2026-03-29T03:00:00+02:00[Europe/Berlin]`, as the clocks of the schedule's time zone show it.
pub(super) fn local(schedule: &ScheduleNow, time: &NextTime) -> String {
    time.due.at.to_zoned(schedule.schedule.zone.time_zone().clone()).to_string()
}

fn weekday(time: &NextTime) -> String {
    time.due.local.strftime("%a").to_string()
}

/// What is out of the ordinary.
fn explained(time: &NextTime) -> String {
    let excluded = time.excluded.as_ref().map(|reason| format!("does not run: {reason}"));
    let notes: Vec<String> = time.due.note.iter().map(ToString::to_string).chain(excluded).collect();
    notes.join("; ")
}

pub(super) fn time_json(time: &NextTime) -> Value {
    let NextTime { due, excluded } = time;
    json!({
        "due": due.at.to_string(), "local": due.at.display_with_offset(due.offset).to_string(), "note": due.note.map(|note| note.to_string()),
        "runs": excluded.is_none(), "excluded": excluded,
    })
}
