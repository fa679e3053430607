use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::fields::VERBATIM;
use windlass_plugin_api::{Context, Network, Step, StepError, StepInfo};

use crate::failure;
use crate::first_line::{FirstLine, LONGEST};
use crate::options::Options;
use crate::outputs::Outputs;
use crate::place::Place;
use crate::process::{self, CommandLine};
use crate::word::Word;

/// What runs a script that does not say it (POSIX, `sh`).
const DEFAULT: &str = "/bin/sh";

/// A script: its text, or the file that has it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["script"]}, {"required": ["file"]}]))]
pub(crate) struct Script {
    /// The text of the script. There are no expressions in it: hand values over by `env`, so that none of them can become
    /// a part of the program.
    #[schemars(extend("x-windlass" = VERBATIM))]
    script: Option<String>,

    /// The file that has the script, instead of `script`; seen from `workingFolder`. It needs no execute permission.
    #[schemars(length(min = 1))]
    file: Option<String>,

    /// What runs the script: a program and its arguments, as in `[bash, -eu]`; the script's path and `args` follow. Without
    /// it, what the script's own first line says (`#!/usr/bin/env python3`), or else `/bin/sh`.
    #[schemars(length(min = 1))]
    interpreter: Option<Vec<String>>,

    /// The script's arguments. They need no quotes but YAML's own.
    #[serde(default)]
    args: Vec<Word>,

    /// What the name of the file ends with in which `script` is handed to its interpreter, for those that insist on it,
    /// as PowerShell does on `ps1`.
    #[schemars(regex(pattern = r"^\.?[A-Za-z0-9]{1,16}$"))]
    file_extension: Option<String>,

    #[serde(flatten)]
    options: Options,
}

impl Step for Script {
    const INFO: StepInfo = StepInfo {
        name: "script",
        title: "Run a script",
        description: "Runs a script, by its text or from a file, with the interpreter that it names. \
                      What it prints is shown in the log.",
        takes_account: true,
        network: Network { direct: true, ..Network::NONE },
        example: "\
script: |
  #!/usr/bin/env python3
  import json, os
  print(json.dumps({'days': int(os.environ['DAYS']) * 2}))
env: {DAYS: 7}
output: json
",
        ..StepInfo::DEFAULT
    };
    type Outputs = Outputs;

    async fn run(self, context: Context) -> Result<Outputs, StepError> {
        let place = Place::make(&self.options, &context)?;
        let (named, file) = self.file(&place)?;
        let mut words = match &self.interpreter {
            Some(words) => words.clone(),
            None => interpreter(&file)?,
        };
        words.push(file.into_os_string().into_string().map_err(|_| failure::not_started("a path is no text"))?);
        words.extend(self.args.iter().map(|word| word.as_str().to_owned()));
        let line = CommandLine::find(named, words, &place)?;
        process::run(&line, &place, &self.options, &context).await
    }
}

impl Script {
    /// What messages call it, and the file that has it.
    fn file(&self, place: &Place) -> Result<(String, PathBuf), StepError> {
        match (&self.script, &self.file) {
            (Some(text), None) => {
                let extension = self.file_extension.as_deref().map(|extension| extension.trim_start_matches('.'));
                let name = extension.map_or_else(|| "script".to_owned(), |extension| format!("script.{extension}"));
                let written = place.private.write(&name, 0o700, text.as_bytes());
                let failed = |error| failure::not_started(format!("the script cannot be written: {error}"));
                Ok(("the script".to_owned(), written.map_err(failed)?))
            }
            (None, Some(_)) if self.file_extension.is_some() => {
                Err(failure::invalid("`fileExtension` is for `script`; a `file` has its name already"))
            }
            (None, Some(path)) => Ok((format!("the script `{path}`"), place.folder.join(path))),
            _ => Err(failure::invalid("one of `script` and `file` is needed, and not both")),
        }
    }
}

/// What a script's own first line says, or the default.
fn interpreter(file: &Path) -> Result<Vec<String>, StepError> {
    let named = file.display();
    match first_line(file).map_err(|error| failure::unusable("script", file, &error))? {
        FirstLine::Interpreter(words) => Ok(words),
        FirstLine::Plain => Ok(vec![DEFAULT.to_owned()]),
        FirstLine::Program => Err(failure::not_started(format!("`{named}` is a program, not a script"))
            .with_help("run it with the step type `shell/command`")),
        FirstLine::CarriageReturn => {
            Err(failure::not_started(format!("the first line of `{named}` ends with a carriage return"))
                .with_help("the file has the line ends of Windows: convert it (`sed -i 's/\\r$//'`)"))
        }
    }
}

/// Reads the first line of a file.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn first_line(file: &Path) -> io::Result<FirstLine> {
    let mut beginning = Vec::new();
    File::open(file)?.take(LONGEST as u64).read_to_end(&mut beginning)?;
    Ok(FirstLine::of(&beginning))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use windlass_plugin_api::StepMetadata;

    use super::*;

    fn fits(config: &Value) -> bool {
        jsonschema::validator_for(&StepMetadata::of::<Script>().config).unwrap().is_valid(config)
    }

    #[test]
    fn a_script_has_either_a_text_or_a_file() {
        assert!(fits(&json!({"script": "echo", "interpreter": ["bash", "-eu"], "args": ["a", 5], "stdin": "x"})));
        assert!(
            fits(&json!({"script": "1", "fileExtension": "ps1"}))
                && fits(&json!({"script": "", "fileExtension": ".js"}))
        );
        assert!(fits(&json!({"file": "/opt/x.sh"})));
        for config in [
            json!({}),
            json!({"script": "echo", "file": "/opt/x.sh"}),
            json!({"script": "echo", "interpreter": []}),
            json!({"script": "echo", "interpreter": "bash"}),
            json!({"script": "echo", "fileExtension": "../x"}),
            json!({"file": ""}),
            json!({"script": "echo", "shell": "bash"}),
        ] {
            assert!(!fits(&config), "{config}");
        }
    }

    /// The runner puts no values into a text with this mark.
    #[test]
    fn the_text_of_a_script_is_marked() {
        let schema = StepMetadata::of::<Script>().config;
        assert_eq!(schema["properties"]["script"]["x-windlass"], "verbatim");
        assert_eq!(schema["additionalProperties"], false);
    }
}
