//! A calendar as it is stored.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Calendar, CalendarError, CalendarRule, Events};
use crate::Zone;

/// Keys are added, never changed: members of the version before read it too.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    zone: String,
    #[serde(default)]
    forbidden: Vec<StoredRule>,
    #[serde(default)]
    allowed: Vec<StoredRule>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dates: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    days: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icalendar: Option<StoredEvents>,
}

#[derive(Serialize, Deserialize)]
struct StoredEvents {
    file: String,
    text: String,
}

impl From<Calendar> for Stored {
    fn from(calendar: Calendar) -> Self {
        let rules = |rules: Vec<CalendarRule>| rules.into_iter().map(Into::into).collect();
        Self {
            name: calendar.name,
            description: calendar.description,
            zone: calendar.zone.name().to_owned(),
            forbidden: rules(calendar.forbidden),
            allowed: rules(calendar.allowed),
        }
    }
}

impl From<CalendarRule> for StoredRule {
    fn from(rule: CalendarRule) -> Self {
        Self {
            name: rule.name,
            dates: rule.dates.iter().map(ToString::to_string).collect(),
            days: rule.days.iter().map(ToString::to_string).collect(),
            hours: rule.hours.map(|hours| hours.to_string()),
            icalendar: rule
                .events
                .map(|events| StoredEvents { file: events.file().to_owned(), text: events.text().to_owned() }),
        }
    }
}

impl TryFrom<Stored> for Calendar {
    type Error = CalendarError;

    fn try_from(stored: Stored) -> Result<Self, CalendarError> {
        let zone = Zone::parse(&stored.zone).map_err(|error| CalendarError(error.to_string()))?;
        let rules = |rules: Vec<StoredRule>| rules.into_iter().map(|rule| rule.read(&zone)).collect::<Result<_, _>>();
        let (forbidden, allowed) = (rules(stored.forbidden)?, rules(stored.allowed)?);
        Ok(Self { name: stored.name, description: stored.description, zone, forbidden, allowed })
    }
}

impl StoredRule {
    fn read(self, zone: &Zone) -> Result<CalendarRule, CalendarError> {
        let events = self.icalendar.map(|events| Events::parse(&events.file, events.text, zone)).transpose();
        let rule = CalendarRule {
            name: self.name,
            dates: each(&self.dates)?,
            days: each(&self.days)?,
            hours: self.hours.map(|hours| hours.parse()).transpose().map_err(CalendarError)?,
            events: events.map_err(|error| CalendarError(error.to_string()))?,
        };
        // What a later version has added is not seen here, and a rule that says nothing would hold always.
        if rule.is_empty() {
            return Err(CalendarError("a rule of it says nothing that this version knows".to_owned()));
        }
        Ok(rule)
    }
}

fn each<T: FromStr<Err = String>>(texts: &[String]) -> Result<Vec<T>, CalendarError> {
    texts.iter().map(|text| text.parse().map_err(CalendarError)).collect()
}
