use super::super::*;

/// The bytes in question, what is wrong with them, and the remedy.
fn refused(text: &str) -> (String, String, String) {
    let error = Expression::parse(text).expect_err(text);
    (text[error.range.clone()].to_owned(), error.to_string(), error.hint)
}

#[test]
fn an_error_has_its_place_its_reason_and_a_remedy() {
    for (text, place, said, hint) in [
        ("0 25 * * *", "25", "hour `25`: there is none", "hours are 0 to 23"),
        ("0,x 2 * * *", "x", "minute `x`: this is no value", "minutes are 0 to 59"),
        ("0 2 0 * *", "0", "day of the month `0`: there is none", "days of the month are 1 to 31"),
        ("0 2 * 13 *", "13", "month `13`: there is none", "months are `JAN` to `DEC`, or 1 to 12"),
        ("0 2 * January *", "January", "month `January`: there is none", "did you mean `JAN`?"),
        ("0 2 * * MOM", "MOM", "weekday `MOM`: there is none", "did you mean `MON`?"),
        ("0 2 * * 8", "8", "weekday `8`: there is none", "weekdays are `SUN` to `SAT`, or 0, Sunday, to 6, Saturday"),
        (
            "0 0 2 ? * 0",
            "0",
            "weekday `0`: there is none",
            "with six or seven fields weekdays are `SUN` to `SAT`, or 1, Sunday",
        ),
        ("0 2 * * 5-", "", "weekday: a value is missing", "write a value at both sides"),
        ("0 2, * * *", "", "hour: a value is missing", "write a value at both sides"),
        ("*/0 * * * *", "0", "minute: `0` is no step", "write a number from 1 to 59 behind `/`"),
        ("*/60 * * * *", "60", "minute: `60` is no step", "write a number from 1 to 59"),
        ("*/ * * * *", "", "minute: `` is no step", "write a number"),
        ("1/2/3 * * * *", "2/3", "minute: `2/3` is no step", "write a number"),
        ("-1 * * * *", "", "minute: a value is missing", "write a value"),
        ("+1 * * * *", "+1", "minute `+1`: this is no value", "minutes are"),
        ("99999 * * * *", "99999", "minute `99999`: this is no value", "minutes are"),
        (
            "0 0 L * *",
            "L",
            "day of the month `L`: this is no value",
            "`?`, `L`, `W` and `#` go with six or seven fields",
        ),
        ("0 0 ? * 1", "?", "day of the month `?`: this is no value", "`?`, `L`, `W` and `#` go with six"),
        ("0 0 * * FRI#2", "FRI#2", "weekday `FRI#2`: ", ""),
        ("0 0 0 1,L * ?", "L", "day of the month `L`: this is no value", "write `L`, `L-3`, `LW` or `15W`, alone"),
        ("0 0 0 L-31 * ?", "L-31", "day of the month `L-31`: this is no day", "write `L`, the last day"),
        ("0 0 0 32W * ?", "32W", "day of the month `32W`: this is no day", "write `15W`"),
        ("0 0 0 ? * FRI#6", "FRI#6", "weekday `FRI#6`: there is no such day", "write `FRI#1` to `FRI#5`"),
        ("0 0 0 ? * 6#", "6#", "weekday `6#`: there is no such day", "write `FRI#1`"),
        ("0 0 0 ? * 8L", "8", "weekday `8`: there is none", "with six or seven fields"),
        ("0 0 0 ? * MON,FRIL", "FRIL", "weekday `FRIL`: ", ""),
        ("0 0 0 ? * ?", "?", "weekday `?`: the day of the month is `?` too", "write `*` in one of them"),
        ("0 0 0 * * *", "*", "weekday `*`: the day of the month is given too", "write `?` for the day of the month"),
        ("0 0 0 13 * 6", "6", "weekday `6`: the day of the month is given too", "write `?` for the one"),
        ("0 0 ? 1 1 ?", "?", "hour `?`: this is no value", "hours are"),
        ("0 0 0 1 1 ? 1969", "1969", "year `1969`: there is none", "years are 1970 to 2099"),
        ("0 0 0 1 1 ? 2030-2028", "2030-2028", "year `2030-2028`: years go on", "write `2028-2030`"),
        ("@reboot", "@reboot", "`@reboot` is no time", "say when"),
        ("@dayly", "@dayly", "there is no `@dayly`", "did you mean `@daily`?"),
        ("2 * *", "2 * *", "a cron expression has five, six or seven fields, this has 3 fields", "write minute, hour"),
        ("", "", "a cron expression has five, six or seven fields, this has 0 fields", "write minute"),
    ] {
        let (at, message, remedy) = refused(text);
        assert_eq!(at, place, "{text}: {message}");
        assert!(message.starts_with(said), "{text}: {message}");
        assert!(remedy.starts_with(hint) && !remedy.is_empty(), "{text}: {remedy}");
    }
    let (_, message, _) = refused(&"1,".repeat(600));
    assert_eq!(message, "a cron expression has at most 1000 bytes");
    let error = Expression::parse("0 0 2 ? * MON,8").unwrap_err();
    assert_eq!((error.field, error.range), (Some(Field::Weekday), 14..15));
}

#[test]
fn what_never_fires_is_refused_at_once() {
    // A search second by second would take hours.
    let never = [
        "0 0 31 4 *",
        "0 0 30 2 *",
        "0 0 0 31 4 ?",
        "0 0 0 31 2,4,6,9,11 ? *",
        "0 0 0 29 2 ? 2027",
        "0 0 0 30W 2 ? *",
        "0 0 0 L-29 2 ?",
        "0 0 0 29 2 ? 2097-2099",
    ];
    for text in never {
        let (at, message, _) = refused(text);
        assert_eq!((at.as_str(), message.starts_with("the expression never fires")), (text, true), "{text}: {message}");
    }
    Expression::parse("0 0 30 2 MON").unwrap();
}

#[test]
fn any_text_is_an_expression_or_an_error_with_a_place() {
    let pieces =
        ["*", "?", "L", "W", "#", "/", "-", ",", " ", "0", "7", "31", "2099", "MON", "jan", "@daily", "é", "\t"];
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..20_000 {
        let text: String = (0..random.usize(1..20)).map(|_| *random.choice(&pieces).unwrap()).collect();
        if let Err(error) = Expression::parse(&text) {
            assert!(text.get(error.range.clone()).is_some(), "{text:?}: {error:?}");
            assert!(!error.hint.is_empty() && !error.message.contains('\n'), "{text:?}: {error:?}");
        }
    }
}
