//! From the text of an expression to its fields.

use super::days::{Days, MonthDays, WeekDays};
use super::field::{Dialect, Field, WEEKDAYS};
use super::item::Written;
use super::{CronError, Expression};

/// A longer text is none of a person.
const LONGEST: usize = 1000;

/// What stands for five fields.
const NAMED: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

pub(super) fn parse(text: &str) -> Result<Expression, CronError> {
    if text.len() > LONGEST {
        return Err(CronError::whole(
            text,
            format!("a cron expression has at most {LONGEST} bytes"),
            "write it shorter",
        ));
    }
    let fields = match text.trim().strip_prefix('@') {
        Some(_) => named(text)?,
        None => text,
    };
    let expression = Expression { text: text.trim().to_owned(), ..read(fields)? };
    if !expression.is_possible() {
        let hint = "compare the days with the months and years: April has 30 days, a month has five Fridays at most";
        return Err(CronError::whole(text, "the expression never fires: no day from 1970 to 2099 is like this", hint));
    }
    Ok(expression)
}

fn named(text: &str) -> Result<&'static str, CronError> {
    let name = text.trim().to_ascii_lowercase();
    if let Some((_, fields)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Ok(fields);
    }
    if name == "@reboot" {
        let why = "`@reboot` is no time: a server that starts again is no reason to run a job twice";
        return Err(CronError::whole(text, why, "say when, or start the job from the system's own start-up"));
    }
    let hint = windlass_errors::nearest_hint(&name, NAMED.iter().map(|(known, _)| *known));
    Err(CronError::whole(text, format!("there is no `{name}`"), hint))
}

/// The words of a text and where each begins.
fn words(text: &str) -> Vec<(usize, &str)> {
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_ascii_whitespace().map(|word| (start(word), word)).collect()
}

fn read(text: &str) -> Result<Expression, CronError> {
    let words = words(text);
    let dialect = match words.len() {
        5 => Dialect::Unix,
        6 | 7 => Dialect::Quartz,
        count => {
            let found = if count == 1 { "1 field".to_owned() } else { format!("{count} fields") };
            let message = format!("a cron expression has five, six or seven fields, this has {found}");
            let hint = "write minute, hour, day of the month, month and weekday: `30 2 * * MON-FRI`; six fields have the second in front, seven the year behind";
            return Err(CronError::whole(text, message, hint));
        }
    };
    let written: Vec<Written<'_>> = dialect
        .fields()
        .iter()
        .zip(words)
        .map(|(field, (start, text))| Written { field: *field, dialect, text, start })
        .collect();
    let of = |field: Field| written.iter().copied().find(|written| written.field == field);
    let set = |field: Field| of(field).map_or(Ok((1, false)), set);
    let (seconds, _) = set(Field::Second)?;
    let (minutes, _) = set(Field::Minute)?;
    let (hours, interval) = set(Field::Hour)?;
    let (month_days, weekdays) =
        (of(Field::DayOfMonth).expect("it is in both dialects"), of(Field::Weekday).expect("it is in both dialects"));
    let days = match dialect {
        Dialect::Unix => unix_days(month_days, weekdays)?,
        Dialect::Quartz => quartz_days(month_days, weekdays)?,
    };
    let (months, _) = set(Field::Month)?;
    let years = of(Field::Year).map_or(Ok(None), years)?;
    Ok(Expression { text: String::new(), seconds, minutes, hours, days, months, years, interval })
}

/// The values as bits, and whether the field is open.
fn set(written: Written<'_>) -> Result<(u64, bool), CronError> {
    let mut bits = 0;
    let mut open = !written.text.contains(',');
    for item in written.items() {
        let item = item.item()?;
        open &= item.open;
        bits = item.values.iter().fold(bits, |bits, value| bits | 1 << value);
    }
    Ok((bits, open))
}

fn years(written: Written<'_>) -> Result<Option<Vec<i16>>, CronError> {
    if written.text == "*" {
        return Ok(None);
    }
    let mut years = Vec::new();
    for item in written.items() {
        years.extend(item.item()?.values);
    }
    years.sort_unstable();
    years.dedup();
    Ok(Some(years))
}

fn unix_days(month_days: Written<'_>, weekdays: Written<'_>) -> Result<Days, CronError> {
    let (days, week) = (MonthDays::Set(set(month_days)?.0), WeekDays::Set(weekday_set(weekdays)?));
    let starred = |written: Written<'_>| written.text.starts_with('*');
    Ok(match (month_days.text, weekdays.text) {
        (_, "*") => Days::Month(days),
        ("*", _) => Days::Week(week),
        _ if starred(month_days) || starred(weekdays) => Days::Both(days, week),
        _ => Days::Either(days, week),
    })
}

fn quartz_days(month_days: Written<'_>, weekdays: Written<'_>) -> Result<Days, CronError> {
    match (month_days.text, weekdays.text) {
        ("?", "?") => Err(weekdays.wrong("the day of the month is `?` too", "write `*` in one of them for every day")),
        ("?", _) => Ok(Days::Week(quartz_weekdays(weekdays)?)),
        (_, "?") => Ok(Days::Month(quartz_month_days(month_days)?)),
        _ => {
            quartz_month_days(month_days)?;
            quartz_weekdays(weekdays)?;
            let hint = match month_days.text {
                "*" => "write `?` for the day of the month",
                _ => "write `?` for the one that is to make no difference; two schedules are an `or`",
            };
            let why = "the day of the month is given too, and with six or seven fields one of the two is `?`";
            Err(weekdays.wrong(why, hint))
        }
    }
}

/// Bit 0 is Sunday, whatever its number in the text is.
fn weekday_set(written: Written<'_>) -> Result<u64, CronError> {
    let (bits, _) = set(written)?;
    Ok(match written.dialect {
        Dialect::Unix => (bits & 0x7f) | (bits >> 7),
        Dialect::Quartz => bits >> 1,
    })
}

fn quartz_month_days(written: Written<'_>) -> Result<MonthDays, CronError> {
    let text = written.text.to_ascii_uppercase();
    if let Some(rest) = text.strip_prefix('L') {
        let (rest, near) = rest.strip_suffix('W').map_or((rest, false), |rest| (rest, true));
        let before = match rest.strip_prefix('-') {
            Some(number) => number.parse::<u8>().ok().filter(|before| *before <= 30),
            None => rest.is_empty().then_some(0),
        };
        let hint = "write `L`, the last day, `L-3`, three days before it (at most 30), or `LW`, the last workday; alone in the field";
        let before = before.ok_or_else(|| written.wrong("this is no day", hint))?;
        return Ok(if near { MonthDays::NearLast { before } } else { MonthDays::Last { before } });
    }
    if let Some(day) = text.strip_suffix('W') {
        let hint = "write `15W`, the workday nearest to the 15th, alone in the field";
        let day = day.parse::<u8>().ok().filter(|day| (1..=31).contains(day));
        return Ok(MonthDays::Near { day: day.ok_or_else(|| written.wrong("this is no day", hint))? });
    }
    Ok(MonthDays::Set(set(written)?.0))
}

fn quartz_weekdays(written: Written<'_>) -> Result<WeekDays, CronError> {
    let length = written.text.len();
    let from_sunday = |text: Written<'_>| text.value().map(|value| u8::try_from(value - 1).expect("it is 1 to 7"));
    if written.text.eq_ignore_ascii_case("L") {
        return Ok(WeekDays::Set(1 << 6));
    }
    if let Some(at) = written.text.find('#') {
        let weekday = from_sunday(written.part(0..at))?;
        let nth = written.part(at + 1..length).number().and_then(|nth| u8::try_from(nth).ok());
        let hint =
            format!("write `{0}#1` to `{0}#5`, the first to the fifth of the month, alone in the field", name(weekday));
        let nth = nth.filter(|nth| (1..=5).contains(nth)).ok_or_else(|| written.wrong("there is no such day", hint))?;
        return Ok(WeekDays::Nth { weekday, nth });
    }
    if length > 1 && written.text.ends_with(['L', 'l']) && !written.text.contains([',', '-', '/']) {
        return Ok(WeekDays::Last { weekday: from_sunday(written.part(0..length - 1))? });
    }
    Ok(WeekDays::Set(weekday_set(written)?))
}

fn name(from_sunday: u8) -> &'static str {
    WEEKDAYS[usize::from(from_sunday % 7)]
}
