use windlass_plugin_api::StepError;

use crate::language::Language;
use crate::text::Nature;

/// What is asked in every place.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) text: String,
    pub(crate) language: Language,
    /// How many rows are enough.
    pub(crate) limit: Option<u64>,
    pub(crate) nature: Nature,
}

impl Asked {
    pub(crate) fn new(text: String, language: Language, limit: Option<u64>) -> Self {
        let nature = Nature::of(&text, language);
        Self { text, language, limit, nature }
    }

    /// Refuses what cannot be put together from several queries of one place.
    pub(crate) fn allows_chunks(&self, groups: usize, place: &str) -> Result<(), StepError> {
        let Err(why) = &self.nature.parts else { return Ok(()) };
        let message = format!("{groups} log groups of {place} are meant, and AWS takes 50 for a query");
        let help = format!("name fewer: several queries cannot be put together here, since {why}");
        Err(StepError::new("cloudwatch-logs.too-many-log-groups", message).with_help(help))
    }
}
