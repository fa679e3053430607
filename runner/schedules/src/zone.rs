use std::fmt;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use windlass_errors::nearest;

/// The database that is built in: with the machine's, two members could come to different times for one schedule.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A longer name is no slip of the finger, in characters.
const LONGEST: usize = 100;

/// A time zone of the IANA database, as the release of it says that is built into the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// A name that is none of a time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone `{name}`")]
pub struct UnknownZone {
    /// The name, or the beginning of a long one.
    pub name: String,
    /// What to write.
    pub hint: String,
}

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The zone of a name, `Europe/Berlin`, in small letters or capitals.
    ///
    /// # Errors
    /// The name and the nearest that there is. An offset, `+01:00`, is no name: it says nothing of daylight saving time.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        let known = DATABASE.get(name).ok().filter(|zone| !zone.is_unknown() && zone.iana_name().is_some());
        known.map(Self).ok_or_else(|| {
            let name: String = name.chars().take(LONGEST).collect();
            UnknownZone { hint: hint(&name), name }
        })
    }

    /// Its name in the database.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// For times in it.
    pub fn time_zone(&self) -> &TimeZone {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A city alone, or a slip of the finger.
fn hint(name: &str) -> String {
    let names: Vec<String> = DATABASE.available().map(|name| name.as_str().to_owned()).collect();
    let city = name.replace(' ', "_");
    let in_it = |known: &&String| known.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&city));
    let found =
        names.iter().find(in_it).map(String::as_str).or_else(|| nearest(name, names.iter().map(String::as_str)));
    found.map_or_else(
        || "write a name of the IANA time zone database, `Europe/Berlin`, or `UTC`".to_owned(),
        |known| format!("did you mean `{known}`?"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_iana_database() {
        for (given, name) in
            [("UTC", "UTC"), ("Europe/Berlin", "Europe/Berlin"), ("america/new_york", "America/New_York")]
        {
            assert_eq!(Zone::parse(given).unwrap().name(), name);
        }
    }

    #[test]
    fn an_unknown_name_has_the_nearest() {
        for (given, hint) in [
            ("Europe/Berln", "did you mean `Europe/Berlin`?"),
            ("New York", "did you mean `America/New_York`?"),
            ("berlin", "did you mean `Europe/Berlin`?"),
            ("+01:00", "write a name of the IANA"),
            ("Etc/Unknown", "write a name"),
            ("", "write a name"),
            ("../../etc/passwd", "write a name"),
        ] {
            let error = Zone::parse(given).unwrap_err();
            assert!(error.hint.starts_with(hint), "{given}: {}", error.hint);
            assert_eq!(error.to_string(), format!("there is no time zone `{given}`"));
        }
        let error = Zone::parse(&"x".repeat(100_000)).unwrap_err();
        assert!(error.to_string().len() < 200 && error.hint.starts_with("write a name"), "{error}");
    }
}
