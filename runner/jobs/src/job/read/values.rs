//! Where the allowed values of an option come from.

use windlass_settings::yaml::Spanned;

use super::Rules;
use crate::job::ValuesFrom;
use crate::job::shape::ValuesFromFile;
use crate::tree::Tree;

const LONGEST_ADDRESS: usize = 2000;

impl Rules<'_> {
    pub(super) fn values_from(&mut self, read: Spanned<ValuesFromFile>) -> Option<ValuesFrom> {
        let place = windlass_settings::yaml::Position::from(&read);
        let ValuesFromFile { uses, with, output, url } = read.value;
        match (uses, url) {
            (None, Some(url)) if with.is_none() && output.is_none() => self.address(url),
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
                Some(ValuesFrom::Step { uses: self.step_type(&uses)?, at, with, output: output.value })
            }
            _ => {
                self.wrong(place, "values come from a step, `uses`, `with` and `output`, or from an address, `url`");
                None
            }
        }
    }

    /// An address that is asked by the runner, and whose answer decides what a run may be given.
    fn address(&mut self, url: Spanned<String>) -> Option<ValuesFrom> {
        let rest = url.value.strip_prefix("https://").map(|rest| (rest, true));
        let rest = rest.or_else(|| url.value.strip_prefix("http://").map(|rest| (rest, false)));
        let authority = rest.map(|(rest, safe)| (rest.split(['/', '?', '#']).next().unwrap_or_default(), safe));
        let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
        match authority {
            _ if url.value.len() > LONGEST_ADDRESS || !url.value.chars().all(plain) => {
                self.wrong(&url, format!("an address has at most {LONGEST_ADDRESS} characters, all of them plain"));
            }
            None => self.wrong(&url, "an address begins with `https://`"),
            Some(("", _)) => self.wrong(&url, "the address names no host"),
            Some((authority, _)) if authority.contains('@') => {
                self.wrong(&url, "an address holds no user and no password");
            }
            Some((authority, false)) if !is_loopback(authority) => {
                self.wrong(&url, "an address begins with `https://`, unless it is on this machine");
            }
            Some(_) => return Some(ValuesFrom::Url(url.value)),
        }
        None
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
