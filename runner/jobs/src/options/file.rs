use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::kinds::LONGEST_FILE;
use crate::JobError;

/// The text of a file that is given for an option, as `--option config=@path` does on the command line.
///
/// # Errors
/// `job.invalid-option`, when the file cannot be read, is too long or no text.
pub fn read_file_option(option: &str, path: &Path) -> Result<String, JobError> {
    let refused = |why: String| {
        let message = format!("option `{option}`: cannot take the file `{}`: {why}", path.display());
        JobError::option(message, format!("give a text in UTF-8 of at most {} KiB", LONGEST_FILE / 1024))
    };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST_FILE as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| refused(error.to_string()))?;
    if bytes.len() > LONGEST_FILE {
        return Err(refused(format!("it is larger than {LONGEST_FILE} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| refused("it is no text in UTF-8".to_owned()))
}
