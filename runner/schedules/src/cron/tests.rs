mod described;
mod refused;

use jiff::civil::DateTime;

use super::*;

fn cron(text: &str) -> Expression {
    Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error} ({})", error.hint))
}

/// The next times, at or after another.
fn next(text: &str, from: &str, count: usize) -> Vec<String> {
    let (cron, mut from) = (cron(text), from.parse::<DateTime>().unwrap());
    let mut times = Vec::new();
    while times.len() < count {
        let Some(time) = cron.at_or_after(from) else { break };
        times.push(time.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        from = time.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
    }
    times
}

/// The days of the month in a month.
fn days(text: &str, month: &str) -> Vec<String> {
    let times = next(text, &format!("{month}-01T00:00:00"), 40);
    times.iter().filter_map(|time| Some(time.strip_prefix(month)?[1..3].to_owned())).collect()
}

#[test]
fn five_fields_are_those_of_unix() {
    assert_eq!(next("30 2 * * *", "2026-11-26T02:30:00", 2), ["2026-11-26T02:30:00", "2026-11-27T02:30:00"]);
    assert_eq!(next("*/20 * * * *", "2026-11-26T02:30:00", 2), ["2026-11-26T02:40:00", "2026-11-26T03:00:00"]);
    assert_eq!(next("5/20 1 * * *", "2026-11-26T00:00:00", 3)[1..], ["2026-11-26T01:25:00", "2026-11-26T01:45:00"]);
    for sunday in ["0", "7", "SUN", "sun"] {
        assert_eq!(days(&format!("0 0 * * {sunday}"), "2026-11"), ["01", "08", "15", "22", "29"], "{sunday}");
    }
    for weekend in ["6-7", "SAT-SUN", "6,0", "6-0", "sat,SUN"] {
        assert_eq!(days(&format!("0 0 * * {weekend}"), "2026-11").len(), 9, "{weekend}");
    }
    for (range, count) in
        [("0-7", 30), ("7-2", 14), ("7-7", 5), ("0-6/2", 17), ("*/2", 17), ("1-5", 21), ("FRI-MON", 18)]
    {
        assert_eq!(days(&format!("0 0 * * {range}"), "2026-11").len(), count, "{range}");
    }
}

#[test]
fn both_kinds_of_days_are_an_or_unless_one_begins_with_a_star() {
    assert_eq!(days("0 0 13 * FRI", "2026-11"), ["06", "13", "20", "27"]);
    assert_eq!(days("0 0 14 * FRI", "2026-11"), ["06", "13", "14", "20", "27"]);
    assert_eq!(days("0 0 */2 * FRI", "2026-11"), ["13", "27"]);
    assert_eq!(days("0 0 1,13 * */5", "2026-11"), ["01", "13"]);
}

#[test]
fn names_stand_for_five_fields() {
    for (name, fields) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * SUN"),
        ("@monthly", "0 0 1 * *"),
        ("@YEARLY", "0 0 1 1 *"),
        (" @annually ", "0 0 1 JAN *"),
    ] {
        assert_eq!(next(name, "2026-11-26T12:00:00", 5), next(fields, "2026-11-26T12:00:00", 5), "{name}");
    }
    assert_eq!(cron(" @annually ").to_string(), "@annually");
}

#[test]
fn ranges_go_around_the_end() {
    let hours: Vec<String> =
        next("0 0 22-4/2 * * ?", "2026-11-26T00:00:00", 5).iter().map(|time| time[11..13].into()).collect();
    assert_eq!(hours, ["00", "02", "04", "22", "00"]);
    assert_eq!(days("0 0 0 29-2 * ?", "2026-11"), ["01", "02", "29", "30"]);
    let months: Vec<String> =
        next("0 0 1 NOV-FEB *", "2026-01-01T00:00:00", 4).iter().map(|time| time[5..7].into()).collect();
    assert_eq!(months, ["01", "02", "11", "12"]);
}

#[test]
fn days_near_the_end_are_those_that_the_month_has() {
    assert_eq!(days("0 0 0 L * ?", "2028-02"), ["29"]);
    assert_eq!(days("0 0 0 L-3 * ?", "2026-02"), ["25"]);
    assert_eq!(days("0 0 0 L-27 * ?", "2026-02"), ["01"]);
    assert_eq!(days("0 0 0 L-28 * ?", "2026-02"), [""; 0], "the month has no such day");
    assert_eq!(days("0 0 0 LW * ?", "2026-05"), ["29"], "the 31st is a Sunday");
    assert_eq!(days("0 0 0 L-1W * ?", "2026-05"), ["29"], "the 30th is a Saturday");
    assert_eq!(days("0 0 0 1W * ?", "2026-08"), ["03"], "the 1st is a Saturday, and the month does not end");
    assert_eq!(days("0 0 0 15w * ?", "2026-11"), ["16"]);
    assert_eq!(days("0 0 0 31W * ?", "2026-05"), ["29"], "the 31st is a Sunday, and the month does not begin");
    assert_eq!(days("0 0 0 31W * ?", "2026-11"), [""; 0], "not the 1st of the next month");
}

#[test]
fn weekdays_of_a_month() {
    assert_eq!(days("0 0 0 ? * 6#3", "2026-11"), ["20"]);
    assert_eq!(days("0 0 0 ? * fri#3", "2026-11"), ["20"]);
    assert_eq!(days("0 0 0 ? * SUN#5", "2026-11"), ["29"]);
    assert_eq!(days("0 0 0 ? * FRI#5", "2026-11"), [""; 0]);
    assert_eq!(days("0 0 0 ? * 6L", "2026-11"), ["27"]);
    assert_eq!(days("0 0 0 ? * SUNL", "2026-11"), ["29"]);
    assert_eq!(days("0 0 0 ? * L", "2026-11"), ["07", "14", "21", "28"]);
    assert_eq!(days("0 0 0 ? * 1", "2026-11"), ["01", "08", "15", "22", "29"], "1 is Sunday");
}

#[test]
fn years_are_a_field_too() {
    let years: Vec<String> =
        next("0 0 0 1 1 ? 2028-2035/3,2030", "2026-11-26T00:00:00", 9).iter().map(|time| time[..4].into()).collect();
    assert_eq!(years, ["2028", "2030", "2031", "2034"]);
    assert_eq!(next("0 0 0 29 2 ? *", "2026-11-26T00:00:00", 1), ["2028-02-29T00:00:00"]);
    assert_eq!(next("59 59 23 31 12 ? 2099", "2026-11-26T00:00:00", 9), ["2099-12-31T23:59:59"]);
}

#[test]
fn open_hours_make_an_interval() {
    for interval in ["0 * * * *", "*/5 */4 * * *", "0 0/4 * * *", "0 0 /2 * * ?", "@hourly"] {
        assert!(cron(interval).is_interval(), "{interval}");
    }
    for fixed in ["*/5 2 * * *", "0 0-23 * * *", "0 2/12 * * *", "0 *,2 * * *", "@daily", "* * 2,3 * * ?"] {
        assert!(!cron(fixed).is_interval(), "{fixed}");
    }
}
