//! What an expression means, in English: the usual forms as a person says them, the others field by field.

use jiff::civil::Time;

use super::Expression;
use super::days::{Days, MonthDays, WeekDays};
use super::field::weekday;
use super::search::bits_from;
use crate::words::{counted, list, numeral, ordinal, time};

/// More times of a day than so many are not listed.
const MOST_TIMES: usize = 6;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What a set of numbers looks like.
enum Shape {
    All,
    One(i8),
    /// Evenly from the first value of the field to its end.
    Steps(i64),
    /// Without a hole.
    Range(i8, i8),
    List(Vec<i8>),
}

impl Shape {
    fn of(bits: u64, least: i8, most: i8) -> Self {
        let values: Vec<i8> = bits_from(bits, least).collect();
        let (first, last) = (values[0], values[values.len() - 1]);
        if values.len() == 1 {
            return Self::One(first);
        }
        let step = values[1] - first;
        let even = values.windows(2).all(|pair| pair[1] - pair[0] == step);
        match (even, step) {
            (true, 1) if first == least && last == most => Self::All,
            (true, 1) if values.len() > 2 => Self::Range(first, last),
            (true, step)
                if first == least && last.checked_add(step).is_none_or(|next| next > most) && values.len() > 2 =>
            {
                Self::Steps(step.into())
            }
            _ => Self::List(values),
        }
    }

    /// `minutes 5 to 10`
    fn words(&self, unit: &str) -> String {
        match self {
            Self::All => format!("every {unit}"),
            Self::One(value) => format!("{unit} {value}"),
            Self::Steps(step) => format!("every {step} {unit}s"),
            Self::Range(from, to) => format!("{unit}s {from} to {to}"),
            Self::List(values) => {
                format!("{unit}s {}", list(&values.iter().map(ToString::to_string).collect::<Vec<_>>()))
            }
        }
    }
}

impl Expression {
    /// For people: `at 02:30 on Monday to Friday`.
    pub fn describe(&self) -> String {
        let mut text = self.times().unwrap_or_else(|| self.by_field());
        let days = self.day_words();
        if !days.is_empty() {
            text += &format!(" {days}");
        }
        if let Some(months) = self.month_words() {
            text += &format!(" in {months}");
        }
        if let Some(years) = &self.years {
            text += &format!(" in {}", spans(years));
        }
        text
    }

    /// The times of the day, when they are few or even.
    fn times(&self) -> Option<String> {
        let (seconds, minutes, hours) =
            (Shape::of(self.seconds, 0, 59), Shape::of(self.minutes, 0, 59), Shape::of(self.hours, 0, 23));
        let text = match (&hours, &minutes, &seconds) {
            (Shape::All, Shape::All, Shape::All) => "every second".to_owned(),
            (Shape::All, Shape::All, Shape::Steps(step)) => format!("every {}", counted(*step, "second")),
            (Shape::All, Shape::All, Shape::One(0)) => "every minute".to_owned(),
            (Shape::All, Shape::Steps(step), Shape::One(0)) if 60 % step == 0 => {
                format!("every {}", counted(*step, "minute"))
            }
            (Shape::All, Shape::One(0), Shape::One(0)) => "every hour".to_owned(),
            (Shape::All, Shape::One(minute), Shape::One(0)) => format!("every hour at minute {minute}"),
            (Shape::Steps(step), Shape::One(minute), Shape::One(0)) if 24 % step == 0 => {
                format!("every {} from {}", counted(*step, "hour"), time(Time::constant(0, *minute, 0, 0)))
            }
            (Shape::Range(from, to), Shape::Steps(step), Shape::One(0)) if 60 % step == 0 => {
                format!("every {} from {from:02}:00 until {to:02}:59", counted(*step, "minute"))
            }
            (Shape::Range(from, to), Shape::One(minute), Shape::One(0)) => {
                format!("every hour from {from:02}:{minute:02} to {to:02}:{minute:02}")
            }
            (Shape::Range(from, to), Shape::All, Shape::One(0)) => {
                format!("every minute from {from:02}:00 until {to:02}:59")
            }
            (Shape::One(hour), Shape::All, Shape::One(0)) => {
                format!("every minute from {hour:02}:00 until {hour:02}:59")
            }
            (Shape::One(hour), Shape::Steps(step), Shape::One(0)) if 60 % step == 0 => {
                format!("every {} from {hour:02}:00 until {hour:02}:59", counted(*step, "minute"))
            }
            _ => return self.few_times(),
        };
        Some(text)
    }

    fn few_times(&self) -> Option<String> {
        let mut times = Vec::new();
        for hour in bits_from(self.hours, 0) {
            for minute in bits_from(self.minutes, 0) {
                for second in bits_from(self.seconds, 0) {
                    if times.len() == MOST_TIMES {
                        return None;
                    }
                    times.push(time(Time::constant(hour, minute, second, 0)));
                }
            }
        }
        Some(format!("at {}", list(&times)))
    }

    fn by_field(&self) -> String {
        let seconds = match Shape::of(self.seconds, 0, 59) {
            Shape::One(0) => String::new(),
            shape => format!("{}, ", shape.words("second")),
        };
        let (minutes, hours) = (Shape::of(self.minutes, 0, 59), Shape::of(self.hours, 0, 23));
        format!("at {seconds}{} of {}", minutes.words("minute"), hours.words("hour"))
    }

    fn day_words(&self) -> String {
        match &self.days {
            Days::Month(days) if days.is_all() => match self.interval {
                true => String::new(),
                false => "every day".to_owned(),
            },
            Days::Week(days) if *days == WeekDays::Set(0x7f) => match self.interval {
                true => String::new(),
                false => "every day".to_owned(),
            },
            Days::Month(days) => format!("on {}", days.words()),
            Days::Week(days) => format!("on {}", days.words()),
            Days::Either(days, weekdays) => format!("on {} and also on {}", days.words(), weekdays.words()),
            Days::Both(days, weekdays) => format!("on {} when that is {}", days.words(), weekdays.words()),
        }
    }

    fn month_words(&self) -> Option<String> {
        let name = |month: i8| MONTHS[usize::from(month.unsigned_abs() - 1)].to_owned();
        match Shape::of(self.months, 1, 12) {
            Shape::All => None,
            Shape::Range(from, to) => Some(format!("{} to {}", name(from), name(to))),
            _ => Some(list(&bits_from(self.months, 1).map(name).collect::<Vec<_>>())),
        }
    }
}

impl MonthDays {
    fn is_all(&self) -> bool {
        *self == Self::Set(0xffff_fffe)
    }

    fn words(&self) -> String {
        let last = |before: u8| match before {
            0 => "the last day".to_owned(),
            1 => "the day before the last day".to_owned(),
            before => format!("the day {before} days before the last day"),
        };
        match self {
            Self::Set(days) => match Shape::of(*days, 1, 31) {
                Shape::All => "every day".to_owned(),
                Shape::Range(from, to) => format!("the {} to the {}", numeral(from.into()), numeral(to.into())),
                _ => format!("the {}", list(&bits_from(*days, 1).map(|day| numeral(day.into())).collect::<Vec<_>>())),
            },
            Self::Last { before } => format!("{} of the month", last(*before)),
            Self::NearLast { before: 0 } => "the last workday of the month".to_owned(),
            Self::NearLast { before } => format!("the workday nearest to {} of the month", last(*before)),
            Self::Near { day } => format!("the workday nearest to the {}", numeral((*day).into())),
        }
    }
}

impl WeekDays {
    fn words(&self) -> String {
        let name = |day: u8| format!("{:?}", weekday(day));
        match self {
            // From Monday on, as people list them.
            Self::Set(days) => {
                let monday_first = (days >> 1) | (days & 1) << 6;
                let name = |day: i8| name(day.unsigned_abs() + 1);
                match Shape::of(monday_first, 0, 6) {
                    Shape::All => "any weekday".to_owned(),
                    Shape::Range(from, to) => format!("{} to {}", name(from), name(to)),
                    _ => list(&bits_from(monday_first, 0).map(name).collect::<Vec<_>>()),
                }
            }
            Self::Last { weekday } => format!("the last {} of the month", name(*weekday)),
            Self::Nth { weekday, nth } => format!("the {} {} of the month", ordinal(*nth), name(*weekday)),
        }
    }
}

/// `2026`, `2026 to 2030`, `2026, 2028 and 2030`
fn spans(years: &[i16]) -> String {
    match years {
        [first, .., last]
            if years.len() > 2 && usize::try_from(last - first).is_ok_and(|span| span + 1 == years.len()) =>
        {
            format!("{first} to {last}")
        }
        years => list(&years.iter().map(ToString::to_string).collect::<Vec<_>>()),
    }
}
