use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::MAX_FRAME;

use crate::options::Output;

/// The most of standard output that becomes an output, in bytes.
pub(crate) const LIMIT: usize = 256 * 1024;
/// Room for the frame around the outputs.
const AROUND: usize = 1024;

/// What a command gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outputs {
    /// The code that it ended with, one of `successCodes`.
    exit_code: i32,
    /// Its standard output, with `output: text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Its standard output, with `output: json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<Value>,
    /// The lines of its standard output, with `output: lines`.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<String>>,
}

impl Outputs {
    /// `stdout` is nothing when there was more than [`LIMIT`].
    pub(crate) fn of(named: &str, exit_code: i32, output: Output, stdout: Option<Vec<u8>>) -> Result<Self, StepError> {
        let mut outputs = Self { exit_code, ..Self::default() };
        if output == Output::None {
            return Ok(outputs);
        }
        let text = text(named, stdout.ok_or_else(|| too_long(named))?)?;
        match output {
            Output::None => {}
            Output::Text => outputs.text = Some(text.trim().to_owned()),
            Output::Json => outputs.json = Some(json(named, &text)?),
            Output::Lines => outputs.lines = Some(text.lines().map(str::to_owned).collect()),
        }
        // As JSON, unprintable characters take six bytes each, and short lines three more.
        let encoded = serde_json::to_string(&outputs).map_or(usize::MAX, |text| text.len());
        if encoded + AROUND > MAX_FRAME { Err(too_long(named)) } else { Ok(outputs) }
    }
}

fn text(named: &str, stdout: Vec<u8>) -> Result<String, StepError> {
    String::from_utf8(stdout).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("standard output of {named} is no text in UTF-8: byte {at} does not belong there");
        StepError::new("shell.invalid-output", message)
            .with_help("convert it (`iconv`), encode it (`base64`), or leave `output` out")
    })
}

/// What is wrong comes with line and column, without any of the text: it may be long, or a secret.
fn json(named: &str, text: &str) -> Result<Value, StepError> {
    let invalid = |what: String, help: &str| {
        let message = format!("standard output of {named} is no JSON: {what}");
        Err(StepError::new("shell.invalid-output", message).with_help(help))
    };
    if text.trim().is_empty() {
        return invalid("it is empty".to_owned(), "print one JSON document, or leave `output` out");
    }
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(error) if error.to_string().starts_with("trailing characters") => {
            let what = format!("there is more after the document, at line {} column {}", error.line(), error.column());
            invalid(what, "print one document only, with all talk on standard error; for one a line take `lines`")
        }
        Err(error) => invalid(error.to_string(), "print one JSON document only, with all talk on standard error"),
    }
}

fn too_long(named: &str) -> StepError {
    let message = format!("standard output of {named} is too long to be an output: the most is {LIMIT} bytes");
    StepError::new("shell.output-too-long", message)
        .with_help("print less, or leave `output` out: the log has all of it")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(output: Output, stdout: &str) -> Result<Value, StepError> {
        Outputs::of("`x`", 2, output, Some(stdout.into())).map(|outputs| serde_json::to_value(outputs).unwrap())
    }

    #[test]
    fn outputs_have_what_was_asked_for() {
        assert_eq!(of(Output::None, "a").unwrap(), json!({"exitCode": 2}));
        assert_eq!(of(Output::Text, " a\n b\n\n").unwrap(), json!({"exitCode": 2, "text": "a\n b"}));
        assert_eq!(of(Output::Text, "").unwrap(), json!({"exitCode": 2, "text": ""}));
        assert_eq!(of(Output::Lines, "a\r\n\n b\n").unwrap(), json!({"exitCode": 2, "lines": ["a", "", " b"]}));
        assert_eq!(of(Output::Lines, "").unwrap(), json!({"exitCode": 2, "lines": []}));
        assert_eq!(of(Output::Json, "{\"a\": [1, null]}\n").unwrap(), json!({"exitCode": 2, "json": {"a": [1, null]}}));
        assert_eq!(of(Output::Json, "null").unwrap(), json!({"exitCode": 2, "json": null}));
    }

    #[test]
    fn what_is_no_json_has_its_position_and_no_text() {
        for (stdout, said) in [
            ("", "it is empty"),
            ("\n \n", "it is empty"),
            ("{\"a\": 1,\n hunter2}", "at line 2 column 2"),
            ("{\"a\": 1}\n{\"hunter2\": 2}", "more after the document, at line 2 column 1"),
            ("[1, 2", "EOF while parsing a list at line 1 column 5"),
        ] {
            let error = of(Output::Json, stdout).unwrap_err();
            assert_eq!(error.code, "shell.invalid-output");
            assert!(error.message.contains(said) && !error.message.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_position() {
        let error = Outputs::of("`x`", 0, Output::Text, Some(b"ab\xff".to_vec())).unwrap_err();
        assert_eq!(error.code, "shell.invalid-output");
        assert!(error.message.contains("byte 2 "), "{error}");
        assert!(Outputs::of("`x`", 0, Output::None, Some(b"\xff".to_vec())).is_ok());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let code = |stdout| Outputs::of("`x`", 0, Output::Text, stdout).unwrap_err().code;
        assert_eq!(code(None), "shell.output-too-long");
        assert_eq!(code(Some(vec![1; LIMIT])), "shell.output-too-long");
        assert!(of(Output::Text, &"x".repeat(LIMIT)).is_ok());
        assert!(of(Output::Lines, &"\n".repeat(LIMIT)).is_ok());
    }
}
