use std::fmt;

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use windlass_settings::KeyPath;
use windlass_settings::yaml::Position;

use super::{StepType, WebAddress};
use crate::tree::Tree;

/// The most values that an option may be restricted to.
pub(super) const MOST_VALUES: usize = 1000;
/// The largest compiled pattern in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// A value that a run can be given.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OptionSpec {
    /// Unique in the job, `[a-z][A-Za-z0-9_]*`.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// What values it has.
    pub kind: OptionKind,
    /// Whether a run without a value is refused.
    pub required: bool,
    /// The value when none is given.
    pub default: Option<Value>,
    /// The only values allowed; all when empty.
    pub values: Vec<Value>,
    /// Where the allowed values come from, when they do not stand in the job. Whoever has asked [allows](Self::allow) them.
    #[serde(skip)]
    pub values_from: Option<ValuesFrom>,
    /// What a text has to match.
    pub pattern: Option<Pattern>,
    /// The key whose text a secret is, unless another one is typed in.
    pub key: Option<KeyPath>,
    /// Where it stands.
    #[serde(skip)]
    pub at: Position,
}

impl OptionSpec {
    /// Makes what was answered to `values_from` the only values allowed.
    ///
    /// # Errors
    /// The reason, when there are none, which would allow everything, or too many.
    pub fn allow(&mut self, values: Vec<String>) -> Result<(), String> {
        match values.len() {
            0 => Err("the list is empty".to_owned()),
            1..=MOST_VALUES => {
                self.values = values.into_iter().map(Value::from).collect();
                Ok(())
            }
            count => Err(format!("the list has {count} values, more than {MOST_VALUES}")),
        }
    }
}

/// What values an option has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OptionKind {
    /// Any text.
    #[default]
    Text,
    /// Any text, usually of several lines.
    Multiline,
    /// A number, whole or not.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of `values`.
    Choice,
    /// Several of `values`, or any texts.
    List,
    /// A day, `2026-11-26`, or a moment, RFC 3339.
    Date,
    /// The text of a file.
    File,
    /// A text that is never stored or shown in clear.
    Secret,
}

/// Where the allowed values of an option come from.
#[derive(Clone, Debug)]
pub enum ValuesFrom {
    /// An output of a step: a list of texts.
    Step(ValuesStep),
    /// The JSON at an address.
    Url(WebAddress),
}

/// The step type or the address.
impl fmt::Display for ValuesFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Step(step) => step.uses.fmt(f),
            Self::Url(address) => address.fmt(f),
        }
    }
}

/// A step that is asked for the allowed values of an option.
#[derive(Clone, Debug)]
pub struct ValuesStep {
    /// The step type.
    pub uses: StepType,
    /// Where it is named.
    pub at: Position,
    /// Its configuration.
    pub with: Tree,
    /// The output's name.
    pub output: String,
}

/// What a text has to match, somewhere in it unless it is anchored.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Reads a regular expression; the error is the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let built = RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build();
        built.map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "the regular expression is too large".to_owned(),
            error => {
                let said = error.to_string();
                let last = said.lines().last().unwrap_or_default();
                format!("no regular expression: {}", last.trim_start_matches("error: "))
            }
        })
    }

    /// Whether the text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The regular expression.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl OptionKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Multiline,
        Self::Number,
        Self::Boolean,
        Self::Choice,
        Self::List,
        Self::Date,
        Self::File,
        Self::Secret,
    ];

    /// The word in a job file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Multiline => "multiline",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Choice => "choice",
            Self::List => "list",
            Self::Date => "date",
            Self::File => "file",
            Self::Secret => "secret",
        }
    }

    /// What its value is called in a message.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Multiline | Self::File | Self::Secret => "text",
            other => other.word(),
        }
    }

    /// Whether an option of this kind may have `values` or `valuesFrom`.
    pub(crate) fn has_values(self) -> bool {
        !matches!(self, Self::Multiline | Self::File | Self::Secret | Self::Boolean)
    }

    /// Whether an option of this kind may have a `pattern`.
    pub(crate) fn has_pattern(self) -> bool {
        matches!(self, Self::Text | Self::Multiline | Self::List | Self::Secret | Self::File)
    }
}

/// A value as a person writes it.
pub(crate) fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
