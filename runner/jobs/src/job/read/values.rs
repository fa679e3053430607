//! Where the allowed values of an option come from.

use windlass_settings::yaml::Spanned;

use super::Rules;
use crate::job::shape::ValuesFromFile;
use crate::job::{ValuesFrom, ValuesStep, WebAddress};
use crate::tree::Tree;

impl Rules<'_> {
    pub(super) fn values_from(&mut self, read: Spanned<ValuesFromFile>) -> Option<ValuesFrom> {
        let place = windlass_settings::yaml::Position::from(&read);
        let ValuesFromFile { uses, with, output, url } = read.value;
        match (uses, url) {
            (None, Some(url)) if with.is_none() && output.is_none() => {
                let address = WebAddress::parse(&url.value);
                address.map(ValuesFrom::Url).map_err(|why| self.wrong(&url, why)).ok()
            }
            (Some(uses), None) => {
                let Some(output) = output else {
                    self.wrong(place, "the key `output` is missing: which output of the step is the list");
                    return None;
                };
                let name = output.value.trim();
                if name.is_empty() || name.len() > super::texts::LONGEST_NAME {
                    self.wrong(&output, "an output's name has 1 to 100 bytes");
                }
                let at = (&uses).into();
                let with = with.unwrap_or_else(|| Tree::empty_map(at));
                Some(ValuesFrom::Step(ValuesStep { uses: self.step_type(&uses)?, at, with, output: output.value }))
            }
            _ => {
                self.wrong(place, "values come from a step, `uses`, `with` and `output`, or from an address, `url`");
                None
            }
        }
    }
}
